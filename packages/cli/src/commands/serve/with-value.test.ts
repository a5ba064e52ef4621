import { type Backend, createHalfspace } from '@halfspace/core';
import { createToyBackend, toyAttribute } from '@halfspace/core/testing';
import { expect, it } from 'vitest';
import { withValue } from './with-value.js';

/** A toy whose states say by their first number whether a token is an `a`. */
function tellingBackend(): Backend {
  const toy = createToyBackend();
  return {
    ...toy,
    states: async (texts, options) =>
      (await toy.states(texts, options)).map((found, i) => ({
        ...found,
        hidden: (layer: number) =>
          found
            .hidden(layer)
            .map((value, at) => (at % 4 === 0 ? value + (texts[i][at / 4] === 0 ? 3 : -3) : value)),
      })),
  };
}

const signal = new AbortController().signal;
const repeated = (letter: string, count = 10) =>
  Array.from({ length: count }, (_, i) => letter.repeat(i + 1));

it('makes a value of ten texts of each side beside those that there are, and another in place of the one of its name', async () => {
  const first = await createHalfspace({ backend: tellingBackend(), attributes: [toyAttribute('kind', 0)] });
  const examples = { name: 'mine', good: repeated('a'), bad: repeated('g') };
  const second = await withValue(first, examples, signal);
  expect(second.attributes.map(({ name }) => name)).toEqual(['kind', 'mine']);
  expect(second.attributes[1].description).toBe('made of 20 examples');
  const [made] = 'subspaces' in second.attributes[1] ? second.attributes[1].subspaces : [];
  expect(made.direction[0]).toBeGreaterThan(0.9 * Math.hypot(...made.direction));
  const third = await withValue(second, examples, signal);
  expect(third.attributes.map(({ name }) => name)).toEqual(['kind', 'mine']);
});

it('says that a few are too few', async () => {
  const halfspace = await createHalfspace({ backend: tellingBackend(), attributes: [] });
  const few = { name: 'mine', good: repeated('a', 3), bad: repeated('g', 3) };
  await expect(withValue(halfspace, few, signal)).rejects.toMatchObject({ code: 'too-little-data' });
});
