import { Command, type CommanderError } from 'commander';
import { expect, it } from 'vitest';
import { createProgram } from '../program.js';
import { flagsOf } from './flags-of.js';
import { withNewName } from './new-name.js';

async function refusalOf(...words: string[]): Promise<string> {
  const program = createProgram(new AbortController().signal);
  const error: unknown = await program.parseAsync(words, { from: 'user' }).catch((thrown: unknown) => thrown);
  return ((await withNewName(error, flagsOf(program, words))) as CommanderError).message;
}

it.each([
  ['--early', '--early-exit'],
  ['--form=softmax', '--bonus'],
  ['--redraw-below', '--redraw-if-mean-below'],
  ['--drafts', '--max-attempts'],
])('says of %s that it is now %s', async (before, now) => {
  const [flag] = before.split('=');
  expect(await refusalOf('generate', 'Hi', before)).toBe(`error: '${flag}' is now '${now}'`);
});

it('knows the flags of other commands', async () => {
  expect(await refusalOf('evaluate', '--out', 'run', '--reader', 'gemma-3-270m')).toBe(
    "error: '--reader' is now '--reference-model'",
  );
});

it('says nothing of the kind where a command has no such flag, nor of other errors', async () => {
  expect(await refusalOf('score', '--attribute', 'calm', '--input', '-', '--early')).toMatch(
    /unknown option '--early'/,
  );
  expect(await refusalOf('generate', 'Hi', '--erly')).toMatch(/unknown option '--erly'/);
  const other = new Error('error: unknown option --early');
  expect(await withNewName(other, ['--early-exit'])).toBe(other);
  expect(flagsOf(new Command('a'), ['b'])).toEqual([]);
});
