import { describe, expect, it } from 'vitest';
import { defineAttribute, defineFilter, defineJudge, definePluginModule } from '@halfspace/contracts';
import { createHalfspace } from './container.js';
import { patternFilter, wordFilter } from './text-filters.js';
import { tokenFilter } from './token-filter.js';
import { createToyBackend } from '../testing/toy-backend.js';
import { toyAttribute } from '../testing/toy-attribute.js';
import { tuneWeights } from '../tune/tune-weights.js';

const nothing = Object.create(null) as object;
const NONE: readonly unknown[] = [undefined, null, 3, 'x', [], () => {}, Symbol('s'), nothing, 5n];
const odd = [Symbol('s'), nothing, 5n, null, 'x'];

const sub = { model: 'm', layers: [2], direction: Float32Array.of(1), offset: 0 };
const linear = (change: object) => ({
  name: 'ab',
  description: 'x',
  subspaces: [{ ...sub, calibration: { slope: 1, intercept: 0 }, ...change }],
});
const scoring = { name: 'ab', description: 'x', score: () => [] };
const judge = { ...scoring, revision: '1', desired: 'low' };

const MAKERS: [string, (value: never) => unknown, string, readonly unknown[]][] = [
  [
    'defineAttribute',
    defineAttribute,
    'bad-attribute',
    [
      { ...scoring, score: undefined },
      ...odd.flatMap((each) => [
        { ...scoring, name: each === 'x' ? 'X' : each },
        { ...scoring, timeoutMs: each },
        { ...scoring, layers: [each] },
        { name: 'ab', description: 'x', subspaces: [each] },
        linear({ prediction: each }),
        linear({ layers: [each] }),
        linear({ direction: each }),
        linear({ offset: each }),
        linear({ calibration: { slope: each, intercept: 0 } }),
        linear({ model: each === 'x' ? '' : each }),
      ]),
      linear({ direction: new DataView(new ArrayBuffer(8)) }),
      linear({ direction: BigInt64Array.of(1n) }),
    ],
  ],
  ['defineFilter', defineFilter, 'bad-filter', odd.map((allows) => ({ name: 'ab', allows }))],
  [
    'defineJudge',
    defineJudge,
    'bad-judge',
    odd.flatMap((each) => [
      { ...judge, threshold: each },
      { ...judge, timeoutMs: each },
      { ...judge, dispose: each },
    ]),
  ],
  ['definePluginModule', definePluginModule, 'bad-module', odd.map((bind) => ({ name: 'ab', bind }))],
  ['tokenFilter', tokenFilter, 'bad-filter', odd.flatMap((each) => [{ allow: [each] }, { forbid: each }])],
  ['wordFilter', wordFilter, 'bad-filter', odd.map((each) => (each === 'x' ? [''] : [each]))],
  ['patternFilter', patternFilter, 'bad-filter', odd],
];

describe.each(MAKERS)('%s', (_, make, code, wrong) => {
  it.each([...NONE, ...wrong].map((value) => [value]))('refuses %o in words', (value) => {
    expect(() => make(value as never)).toThrow(expect.objectContaining({ name: 'HalfspaceError', code }));
  });
});

describe('where a program gives something else', async () => {
  const halfspace = await createHalfspace({
    backend: createToyBackend(),
    attributes: [toyAttribute('kind', 1)],
  });
  const options = [undefined, null, 3, 'x', []] as never[];

  it.each(options)('than options (%o)', async (given) => {
    await expect(createHalfspace(given)).rejects.toThrow(expect.objectContaining({ code: 'bad-backend' }));
    for (const work of [halfspace.generate(given), halfspace.score(given), tuneWeights(halfspace, given)]) {
      await expect(work).rejects.toMatchObject({ code: 'bad-option' });
    }
  });

  it.each<[object, RegExp]>([
    [{ response: 3, measure: [] }, /response must be string; got 3/],
    [{ response: 'a' }, /measure must be a list of names/],
    [{ response: 'a', measure: [null] }, /measure must be a list of names/],
    [{ response: 'a', measure: 'kind' }, /measure must be a list of names/],
    [{ response: 'a', attributes: ['kind'] }, /"attributes" is now "measure"\./],
    [{ prompt: 3, response: 'a', measure: [] }, /prompt must be string; got 3/],
  ])('than a text to score: %j', async (given, message) => {
    await expect(halfspace.score(given as never)).rejects.toThrow(message);
  });

  it('than a signal', async () => {
    await expect(halfspace.generate({ prompt: 'a', signal: {} as never })).rejects.toThrow(/AbortSignal/);
  });

  it('than a list of attributes', async () => {
    const parts = { backend: createToyBackend(), attributes: toyAttribute('kind', 1) as never };
    await expect(createHalfspace(parts)).rejects.toThrow(/give a list of attributes/);
  });
});
