import { join } from 'node:path';
import type { Plan } from '@halfspace/evaluate';
import { expect, it } from 'vitest';
import { readWeights } from './weights-file.js';
import { directoryWith } from '../testing/directory-with.js';
import { attributesOfPlan } from '../attributes/attributes-named.js';
import { readMethods } from './read-methods.js';

const { signal } = new AbortController();
declare global {
  var wasRun: boolean | undefined;
}
const MODULE = 'globalThis.wasRun = true; export default 1;';

it('data name attributes by their names, and load no code', async () => {
  const directory = await directoryWith({
    'evil.mjs': MODULE,
    'evil/package.json': '{"name": "evil", "exports": "./index.mjs"}',
    'evil/index.mjs': MODULE,
  });
  const files = ['evil.mjs', 'evil'].map((name) => join(directory, name));
  for (const file of files) {
    const plan = { attributes: { nontoxic: 'a', [file]: 'b' } } as unknown as Plan;
    await expect(attributesOfPlan(plan)).rejects.toMatchObject({ code: 'bad-plan' });
    const specs = [
      { method: 'halfspace', weights: { [file]: 1 } },
      { method: 'sasa', attribute: file, beta: 1 },
      { method: 'best-of-n', n: 2, weights: { [file]: 1 } },
      {
        method: 'word-filter',
        words: ['a'],
        options: { redraw: { ifMeanBelow: { [file]: 1 }, maxAttempts: 2 } },
      },
    ];
    for (const spec of specs) {
      const { 'methods.json': path } = await written({ 'methods.json': JSON.stringify(spec) });
      await expect(readMethods([{ file: path }], signal)).rejects.toMatchObject({
        code: 'bad-method',
        message: expect.stringContaining(file),
      });
    }
    const { 'weights.json': path } = await written({
      'weights.json': JSON.stringify({ weights: { [file]: 1 }, model: 'a', decoding: {} }),
    });
    await readWeights(path, signal);
  }
  expect(globalThis.wasRun).toBeUndefined();
});

async function written<N extends string>(files: Record<N, string>): Promise<Record<N, string>> {
  const directory = await directoryWith(files);
  const paths = Object.keys(files).map((name) => [name, join(directory, name)]);
  return Object.fromEntries(paths) as Record<N, string>;
}
