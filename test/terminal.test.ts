import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { COMMAND } from './support/halfspace.js';
import { fitEarly, makeWorkspace, SMALL, type Workspace } from './support/workspace.js';

/** Puts text on the clipboard, clears the screen, in both sets of controls; turns the direction of text; writes over a line. */
const HOSTILE = '\u001b]52;c;aGk\u0007\u001b[2J\u009b2J\u202ex\rerror';
const SHOWN = String.raw`\u001b]52;c;aGk\u0007\u001b[2J\u009b2J\u202ex\rerror`;

const CORE = new URL('../packages/core/dist/index.js', import.meta.url).href;

/** What no run may write from elsewhere, once the styles of the command itself are left out. */
// oxlint-disable-next-line no-control-regex
const HARM = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|\r(?!\n)/;
// oxlint-disable-next-line no-control-regex
const STYLES = /\u001b\[\d+m/g;

let workspace: Workspace;
beforeAll(async () => {
  workspace = await makeWorkspace();
  await fitEarly(workspace);
  await workspace.write('prompts.jsonl', `${JSON.stringify({ prompt: `a${HOSTILE}` })}\n`.repeat(2));
  const row = { prompt: 'a', response: `b${HOSTILE}` };
  await workspace.write('texts.jsonl', `${JSON.stringify(row)}\n`);
});
afterAll(async () => workspace.remove());

const GENERATE = ['generate', '--max-tokens', '2', ...SMALL];
const TEXT: readonly string[] = [...GENERATE, `a${HOSTILE}`];
const TEXTS = [...GENERATE, '--prompts', 'prompts.jsonl'];
const SCORE = ['score', '--attribute', './early.json', '--input', 'texts.jsonl', ...SMALL];
const WRONG = [...GENERATE, 'hi', '--attribute', `./${HOSTILE}`];

describe('into a pipe', () => {
  it.each([
    ['a completion', TEXT],
    ['completions', TEXTS],
  ])('%s goes exactly as it is', async (_, words) => {
    const { code, stdout } = await workspace.run(words);
    expect(code).toBe(0);
    expect(stdout).toContain(`a${HOSTILE}`);
  });

  it('tables and errors go harmlessly', async () => {
    const { stdout } = await workspace.run(SCORE);
    expect(stdout).toContain(String.raw`b\u001b]52`);
    expect(stdout).not.toMatch(HARM);
    const { code, stderr } = await workspace.run(WRONG);
    expect(code).toBe(1);
    expect(stderr).toContain(SHOWN);
    expect(stderr).not.toMatch(HARM);
  });

  it('an error stays one thing, whatever line breaks its words have', async () => {
    const { stderr } = await workspace.run([...GENERATE, 'hi', '--attribute', './a\nerror (forged): b']);
    expect(stderr).toMatch(/^error \(attribute-not-found\): /);
    expect(stderr).not.toMatch(/^error \(forged\)/m);
  });

  it('what nobody caught is an error like others', async () => {
    const core = JSON.stringify(CORE);
    await workspace.write(
      'late.js',
      `import { defineAttribute } from ${core};
export default defineAttribute({
  name: 'late',
  description: 'throws when nobody listens',
  score: async () => {
    setTimeout(() => { throw new Error(${JSON.stringify(HOSTILE)}); });
    return new Promise(() => undefined);
  },
});`,
    );
    const { code, stderr } = await workspace.run([...GENERATE, 'hi', '--attribute', './late.js']);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^error \(unexpected\): /);
    expect(stderr).toContain(SHOWN);
    expect(stderr).not.toMatch(HARM);
  });

  it('JSON is as it always was', async () => {
    const { stdout } = await workspace.run([...TEXT, '--json']);
    expect(stdout).toContain(JSON.stringify(`a${HOSTILE}`));
  });
});

/** What the command writes on a terminal, as `script` makes one, by stdout or, without that, by stderr. */
async function onTerminal(words: readonly string[], without = '2'): Promise<string> {
  const quoted = [process.execPath, COMMAND, ...words].map((word) => `'${word}'`).join(' ');
  const line = `${quoted} ${without}> /dev/null`;
  const { stdout } = await promisify(execFile)('script', ['-qec', line, '/dev/null'], {
    cwd: workspace.path,
    env: { ...process.env, HALFSPACE_CACHE: join(workspace.path, 'cache'), TERM: 'xterm-256color' },
  }).catch((error: { stdout: string }) => error);
  return stdout;
}

describe.skipIf(process.platform !== 'linux')('on a terminal (on Linux alone)', () => {
  it.each([
    ['a completion', TEXT, '2', SHOWN],
    ['completions', TEXTS, '2', SHOWN],
    ['a score', SCORE, '2', String.raw`b\u001b]52`],
    ['an error', WRONG, '1', SHOWN],
  ])('%s is shown harmlessly', async (_, words, without, shown) => {
    const stdout = await onTerminal(words, without);
    expect(stdout.replaceAll(STYLES, '')).toContain(shown);
    expect(stdout.replaceAll(STYLES, '')).not.toMatch(HARM);
  });

  it('JSON has the same values', async () => {
    const stdout = await onTerminal([...TEXT, '--json']);
    expect(stdout).not.toMatch(HARM);
    expect(JSON.parse(stdout)).toMatchObject({ prompt: `a${HOSTILE}` });
  });
});
