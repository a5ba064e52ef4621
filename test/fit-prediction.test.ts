import { join } from 'node:path';
import { readSubspace } from '@halfspace/subspace';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { jsonLines } from './support/halfspace.js';
import { fitEarly, makeWorkspace, SMALL, type Workspace } from './support/workspace.js';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await makeWorkspace();
  await fitEarly(workspace);
  await workspace.write(
    'prompts.txt',
    Array.from({ length: 12 }, (_, i) => `It was: ${'abcvwx'[i % 6]}\n`).join(''),
  );
});
afterAll(async () => workspace.remove());

const fitted = async () => readSubspace(join(workspace.path, 'early.json'));

async function generated(...options: string[]) {
  const words = 'generate It --attribute ./early.json=2 --samples 8 --max-tokens 12 --top-p 1 --json';
  const run = await workspace.run([...words.split(' '), ...options, ...SMALL]);
  expect(run).toMatchObject({ code: 0 });
  return jsonLines(run.stdout) as { tokens: number[]; evaluations: number }[];
}

it('adds to the file what it learnt, and nothing else, so that fewer candidates are run', async () => {
  const before = await fitted();
  const evaluations = (all: readonly { readonly evaluations: number }[]) =>
    all.reduce((sum, each) => sum + each.evaluations, 0);
  const unpredicted = evaluations(await generated());
  const run = await workspace.run([
    ...'fit-prediction early.json --prompts prompts.txt --json'.split(' '),
    ...SMALL,
  ]);
  expect(run).toMatchObject({ code: 0 });
  const { prediction, ...rest } = await fitted();
  expect(rest).toEqual(before);
  expect(jsonLines(run.stdout)).toEqual([
    {
      file: 'early.json',
      attribute: 'early',
      candidates: prediction?.candidates,
      meanReversion: prediction?.meanReversion,
      explained: prediction?.explained,
    },
  ]);
  expect(prediction?.candidates).toBeGreaterThan(500);
  expect(prediction?.explained).toBeGreaterThan(0.1);
  const lazy = await generated();
  const eager = await generated('--look-ahead', 'eager');
  expect(lazy.map(({ tokens }) => tokens)).toEqual(eager.map(({ tokens }) => tokens));
  expect(evaluations(lazy)).toBeLessThan(unpredicted);
});

it('leaves the file alone where it cannot', async () => {
  const before = await workspace.read('early.json');
  await workspace.write('one.txt', 'It was: a\n');
  const run = await workspace.run([...'fit-prediction early.json --prompts one.txt'.split(' '), ...SMALL]);
  expect(run).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^error \(bad-option\): .*two prompts/m),
  });
  expect(await workspace.read('early.json')).toBe(before);
});
