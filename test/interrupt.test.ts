import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { COMMAND, jsonLines, type RunOptions } from './support/halfspace.js';
import { labelledRows, makeWorkspace, SMALL, type Workspace } from './support/workspace.js';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await makeWorkspace();
  // Compiles the model, so that what is interrupted is the work itself.
  expect(await workspace.run(['generate', 'hi', '--max-tokens', '1', ...SMALL])).toMatchObject({ code: 0 });
});
afterAll(async () => workspace.remove());

/** Completions that take longer than any test waits for. */
const ENDLESS = ['generate', 'hi', '--samples', '1000000', '--json', ...SMALL];

/** Sends a signal as soon as some output shows that the work is going on. */
function killOn(name: 'stdout' | 'stderr', sign: string, signal: NodeJS.Signals): RunOptions {
  let sent = false;
  return {
    onOutput(so, child) {
      if (sent || !so[name].includes(sign)) return;
      sent = true;
      child.kill(signal);
    },
  };
}

it.each([
  ['SIGINT', 130, '\nInterrupted.\n'],
  ['SIGTERM', 143, ''],
] as const)('%s ends generate with %i, whole lines, and the old trace', async (signal, code, stderr) => {
  await workspace.write('trace.jsonl', 'as it was\n');
  const before = await workspace.listing();
  const run = await workspace.run([...ENDLESS, '--trace', 'trace.jsonl'], killOn('stdout', '\n', signal));
  expect(run).toMatchObject({ code, stderr });
  const indices = jsonLines(run.stdout).map(({ sample }) => sample);
  expect(indices).toEqual([...indices.keys()]);
  expect(await workspace.listing()).toEqual(before);
  expect(await workspace.read('trace.jsonl')).toBe('as it was\n');
});

it('SIGINT ends fit with 130 and leaves the old subspace', async () => {
  await workspace.write('rows.jsonl', labelledRows(50_000));
  await workspace.write('early.json', 'as it was\n');
  const before = await workspace.listing();
  const words = ['fit', '--attribute', 'early', '--data', 'rows.jsonl', '--output', 'early.json', ...SMALL];
  // The line that tells of long work where there is no terminal for a bar.
  const run = await workspace.run(words, killOn('stderr', 'Fitting…', 'SIGINT'));
  expect(run).toMatchObject({ code: 130, stdout: '', stderr: expect.stringMatching(/\nInterrupted\.\n$/) });
  const after = await workspace.listing();
  expect(after.filter((name) => name !== 'early.json.state')).toEqual(before);
  expect(await workspace.read('early.json')).toBe('as it was\n');
});

async function shell(script: string) {
  const env = { ...process.env, HALFSPACE_CACHE: `${workspace.path}/cache` };
  const command = `halfspace() { '${process.execPath}' '${COMMAND}' "$@"; }; ${script}`;
  return promisify(execFile)('bash', ['-c', command], { cwd: workspace.path, env });
}

it('a reader that goes away is no error', async () => {
  const words = ENDLESS.join(' ');
  const { stdout, stderr } = await shell(`halfspace ${words} | head -1; echo "\${PIPESTATUS[@]}"`);
  expect(stderr).toBe('');
  const [line, status, ...rest] = stdout.split('\n');
  expect(JSON.parse(line)).toMatchObject({ prompt: 'hi', sample: 0 });
  expect([status, ...rest]).toEqual(['0 0', '']);
});

it('output that finds no room is one, in one line', async () => {
  const words = ENDLESS.join(' ');
  const { stdout, stderr } = await shell(`halfspace ${words} --trace trace.jsonl > /dev/full; echo $?`);
  expect(stdout).toBe('1\n');
  expect(stderr).toMatch(/^error \(output-failed\): [^\n]*ENOSPC[^\n]*\n$/);
});

it('SIGINT ends the wait for the rest of stdin', async () => {
  const child = spawn(process.execPath, [COMMAND, 'perplexity', '-', ...SMALL], { cwd: workspace.path });
  // More than a pipe holds: what is written has been read.
  child.stdin.write('x'.repeat(2 ** 20), () => child.kill('SIGINT'));
  expect(await text(child.stderr)).toBe('\nInterrupted.\n');
  expect(await text(child.stdout)).toBe('');
  expect(child.exitCode ?? (await once(child, 'exit'))[0]).toBe(130);
});
