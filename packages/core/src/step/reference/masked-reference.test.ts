import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { hashTokens } from '../draw/noise.js';
import { createToyBackend, toyLogits } from '../../testing/toy-backend.js';
import { maskedRequest, rankAllowed } from './masked-reference.js';
import { truncate, type ReferenceSettings } from './reference-distribution.js';
import { intersectMasks } from './token-set.js';

const maskOf = (tokens: readonly number[], size: number) => {
  const words = new Uint32Array(Math.ceil(size / 32));
  for (const token of tokens) words[token >>> 5] |= 1 << (token & 31);
  return words;
};

const vocabularyOf = (size: number) =>
  Array.from({ length: size }, (_, token) =>
    Uint8Array.of(...(token === size - 1 ? [] : [97 + (token % 26)])),
  );

/** Every logit of what is not allowed is minus infinity; then penalty, top-k, top-p as everywhere. */
function bruteForce(
  logits: readonly number[],
  allowed: readonly number[],
  settings: ReferenceSettings,
  seen: readonly number[],
) {
  const logitOf = (token: number) => {
    const logit = logits[token];
    if (!seen.includes(token)) return logit;
    return logit > 0 ? logit / settings.repetitionPenalty : logit * settings.repetitionPenalty;
  };
  const order = [...allowed].sort((a, b) => logitOf(b) - logitOf(a) || a - b);
  const best = settings.topK === 0 ? order : order.slice(0, settings.topK);
  const masses = best.map((token) => Math.exp(logitOf(token)));
  const total = masses.reduce((sum, each) => sum + each, 0);
  let size = 0;
  for (let mass = 0; size < best.length && (settings.topP === 1 || mass < settings.topP * total); size++)
    mass += masses[size];
  const kept = masses.slice(0, size).reduce((sum, each) => sum + each, 0);
  return { tokens: best.slice(0, size), probabilities: masses.slice(0, size).map((each) => each / kept) };
}

async function referenceOf(
  size: number,
  allowed: readonly number[],
  settings: ReferenceSettings,
  seenTokens: readonly number[],
  seed = 0,
) {
  const backend = createToyBackend({ vocabulary: vocabularyOf(size) });
  const prompt = [seed % (size - 1)];
  const [{ context }] = await backend.prefill([{ tokens: prompt, rowsPerStep: 1 }]);
  const seen = new Set(seenTokens);
  const mask = intersectMasks([maskOf(allowed, size)], size);
  const [next] = await backend.next([maskedRequest(context, mask, settings, seen, size)]);
  const ranked = await rankAllowed({ context, seen }, next, mask, settings, backend);
  return {
    reference: truncate(ranked, settings),
    logits: toyLogits(prompt, -1, size),
    calls: backend.calls.next,
  };
}

describe('the reference distribution under a mask', () => {
  test('is that of the model with all other logits at minus infinity, however it was asked for', async () => {
    const cases = fc.record({
      size: fc.constantFrom(9, 40, 1500),
      share: fc.constantFrom(0.01, 0.2, 0.9, 1),
      seed: fc.nat(7),
      topK: fc.constantFrom(0, 1, 5, 10),
      topP: fc.constantFrom(1, 0.9, 0.4),
      repetitionPenalty: fc.constantFrom(1, 1.3, 0.7),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ size, share, seed, ...settings }) => {
        const hash = (token: number) => (hashTokens([token, seed]) >>> 0) / 2 ** 32;
        const some = [...Array(size).keys()].filter((token) => hash(token) < share);
        const allowed = some.length > 0 ? some : [seed];
        const seen = [0, 3, allowed[0]];
        const { reference, logits } = await referenceOf(size, allowed, settings, seen, seed);
        const expected = bruteForce(logits, allowed, settings, seen);
        expect([...reference.tokens]).toEqual(expected.tokens);
        reference.logReference.forEach((each, i) =>
          expect(Math.exp(each)).toBeCloseTo(expected.probabilities[i], 9),
        );
      }),
      { numRuns: 200 },
    );
  });

  test('asks for few allowed tokens by name, once, however improbable they are', async () => {
    const settings = { topK: 10, topP: 1, repetitionPenalty: 1 };
    const { reference, calls } = await referenceOf(4000, [1, 2, 3999], settings, []);
    expect([...reference.tokens].sort((a, b) => a - b)).toEqual([1, 2, 3999]);
    expect(calls).toBe(1);
  });

  test('asks once where nearly everything is allowed, too', async () => {
    const all = [...Array(4000).keys()];
    const settings = { topK: 10, topP: 1, repetitionPenalty: 1 };
    expect((await referenceOf(4000, all, settings, [])).calls).toBe(1);
  });
});

test('a set of tokens is what all masks have, within the vocabulary', () => {
  const masks = [Uint32Array.of(0xffffffff, 0xffffffff), Uint32Array.of(0x80000101, 0xffffffff, 1)];
  const tokens = intersectMasks(masks, 35);
  expect(tokens.list()).toEqual([0, 8, 31, 32, 33, 34]);
  expect(tokens.size).toBe(6);
  expect([0, 1, 31, 34].map((token) => tokens.has(token))).toEqual([true, false, true, true]);
});
