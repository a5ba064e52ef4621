import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createToyBackend, toyLogits } from '../../../core/src/testing/toy-backend.js';
import { continuationLogProbs } from './continuations.js';

const backend = createToyBackend();

/** Log-probability of a token, from the made-up logits themselves. */
function logProb(before: readonly number[], token: number): number {
  const logits = toyLogits(before, -1);
  return logits[token] - Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
}

const tokens = fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 6 });

it('reads continuations side by side as each alone, and keeps nothing', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 1, maxLength: 4 }),
      fc.array(tokens, { maxLength: 4 }),
      async (beginning, continuations) => {
        const found = await continuationLogProbs(backend, beginning, continuations);
        expect(found.map(({ length }) => length)).toEqual(continuations.map(({ length }) => length));
        continuations.forEach((continuation, at) =>
          continuation.forEach((token, place) => {
            const before = [...beginning, ...continuation.slice(0, place)];
            expect(found[at][place]).toBeCloseTo(logProb(before, token), 5);
          }),
        );
        expect(backend.open).toBe(0);
      },
    ),
    { numRuns: 40 },
  );
});

it('ends when it is stopped on the way, and keeps nothing', async () => {
  const stop = new AbortController();
  const stopping: typeof backend = {
    ...backend,
    next: async (requests) => {
      stop.abort();
      return backend.next(requests);
    },
  };
  await expect(continuationLogProbs(stopping, [1], [[2, 3, 4], [5]], stop.signal)).rejects.toThrow(/abort/i);
  expect(backend.open).toBe(0);
});
