import fc from 'fast-check';
import { expect, it } from 'vitest';
import { splitPrompts } from './split-prompts.js';

const prompts = Array.from({ length: 300 }, (_, i) => `prompt ${i}`);

it('gives every different prompt to one part, in the same order whatever the order of the file', () => {
  fc.assert(
    fc.property(
      fc.uniqueArray(fc.string(), { minLength: 4, maxLength: 40 }),
      fc.nat(),
      fc.integer({ min: 2, max: 38 }),
      (distinct, seed, size) => {
        fc.pre(size <= distinct.length - 2);
        const { sample, heldOut } = splitPrompts(distinct, seed, size);
        expect(sample).toHaveLength(size);
        expect([...sample, ...heldOut].sort()).toEqual([...distinct].sort());
        expect(splitPrompts([...distinct.toReversed(), distinct[0]], seed, size)).toEqual({
          sample,
          heldOut,
        });
      },
    ),
  );
});

it('takes half, at most fifty, and others for another seed', () => {
  expect(splitPrompts(prompts.slice(0, 31), 0, undefined).sample).toHaveLength(15);
  const { sample } = splitPrompts(prompts, 0, undefined);
  expect(sample).toHaveLength(50);
  const again = splitPrompts(prompts, 1, undefined).sample.filter((prompt) => sample.includes(prompt));
  // By chance, a sixth of them.
  expect(again.length).toBeLessThan(25);
});

it.each([
  [3, undefined],
  [10, 9],
  [10, 1],
  [10, 10],
])('refuses to split %d prompts at %s', (count, size) => {
  expect(() => splitPrompts(prompts.slice(0, count), 0, size)).toThrow(
    `There are ${count} different prompts`,
  );
});
