import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pattern } from '../examples/scoring-attributes/attributes/pattern.js';
import { rewardModel } from '../examples/scoring-attributes/attributes/reward-model.js';
import { wordList } from '../examples/scoring-attributes/attributes/word-list.js';
import { makeWorkspace, type Workspace } from './support/workspace.js';

const EXAMPLE = fileURLToPath(new URL('../examples/scoring-attributes/', import.meta.url));

let workspace: Workspace;
beforeAll(async () => {
  workspace = await makeWorkspace();
});
afterAll(async () => workspace.remove());

/** A step with these continuations of a text. */
function step(prefix: string, texts: readonly string[]) {
  return {
    prompt: 'Well: ',
    prefix,
    candidates: texts.map((text, token) => ({ token, text, end: false })),
    hidden: () => new Float32Array(),
    signal: new AbortController().signal,
  };
}

const named = { name: 'x', description: 'a test' };

describe('the example attributes', () => {
  it('count words, whole and in any case', async () => {
    const attribute = wordList({ ...named, words: ['Team', 'solution'] });
    const texts = ['m', 'ms', 'm of a TEAM, a team', ' solutions', ''];
    expect(await attribute.score(step('our tea', texts))).toEqual([-2, 2, -10, 2, 2]);
  });

  it('count matches', async () => {
    const attribute = pattern({ ...named, pattern: /\d+/g });
    expect(await attribute.score(step('in 19', ['84', ' and 20', '.']))).toEqual([-2, -6, -2]);
    expect(await attribute.score(step('in ', ['19', 'it']))).toEqual([-2, 2]);
  });

  it('ask about the whole text', async () => {
    const attribute = rewardModel({ ...named, reward: async (text: string) => text.length });
    expect(await attribute.score(step('ab', ['c', 'de']))).toEqual([9, 10]);
  });

  it.each(['word-list.js', 'pattern.js', 'reward-model.js'])('run: %s', async (name) => {
    const { code, stdout, stderr } = await run(name);
    expect(stderr).not.toMatch(/error|failed/i);
    expect(code).toBe(0);
    const lines = stdout.trimEnd().split('\n');
    expect(lines).toHaveLength(1 + 2 * 5);
    expect(lines.filter((line) => /^ *-?\d+\.\d\d {2}"/.test(line))).toHaveLength(6);
  });
});

async function run(name: string): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const child = spawn(process.execPath, [`${EXAMPLE}${name}`, './untied'], {
    cwd: workspace.path,
    env: { ...process.env, HALFSPACE_CACHE: `${workspace.path}/cache` },
  });
  const text = { stdout: '', stderr: '' };
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (chunk: string) => (text[stream] += chunk));
  }
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject).on('close', resolve);
  });
  return { code, ...text };
}
