import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Context, NextTokenRequest, NextTokens } from '@halfspace/contracts';
import type { ReferenceSettings } from './reference-distribution.js';
import { referenceDistribution, referenceRequest } from './reference-distribution.js';

const context: Context = { length: 1 };
const plain: ReferenceSettings = { topK: 0, topP: 1, repetitionPenalty: 1 };

/** What a backend must answer, from all the logits. */
function answer(logits: readonly number[], request: NextTokenRequest): NextTokens {
  const logSumExp = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  const order = logits.map((_, token) => token).sort((a, b) => logits[b] - logits[a] || a - b);
  const tokens = order.slice(0, request.topK);
  const logProb = (token: number): number => logits[token] - logSumExp;
  return {
    tokens: Int32Array.from(tokens),
    logProbs: Float64Array.from(tokens, logProb),
    asked: Float64Array.from(request.tokens ?? [], logProb),
    logSumExp,
  };
}

function reference(logits: readonly number[], settings: Partial<ReferenceSettings>, seen = [0]) {
  const full = { ...plain, ...settings };
  const seenSet = new Set(seen);
  const request = referenceRequest(context, full, seenSet, logits.length);
  return referenceDistribution(answer(logits, request), full, seenSet);
}

/**
 * The same over all logits, one transformers step after another: probabilities of every token, zero
 * where filtered, and the smallest difference that decided anything, to leave out what rounding decides.
 */
function bruteForce(logits: readonly number[], settings: ReferenceSettings, seen: readonly number[]) {
  const scores = logits.map((logit, token) => {
    if (!seen.includes(token)) return logit;
    return logit < 0 ? logit * settings.repetitionPenalty : logit / settings.repetitionPenalty;
  });
  const warped = [...scores];
  const order = warped.map((_, token) => token).sort((a, b) => scores[b] - scores[a] || a - b);
  if (settings.topK > 0) for (const token of order.slice(settings.topK)) warped[token] = -Infinity;
  const afterTopK = softmax(warped);
  let before = 0;
  let slack = Infinity;
  order.slice(1).forEach((token, i) => {
    const trueTie = logits[token] === logits[order[i]] && seen.includes(token) === seen.includes(order[i]);
    if (!trueTie) slack = Math.min(slack, scores[order[i]] - scores[token]);
  });
  for (const token of order) {
    if (before >= settings.topP) warped[token] = -Infinity;
    before += afterTopK[token];
    if (settings.topP < 1) slack = Math.min(slack, Math.abs(before - settings.topP));
  }
  return { probabilities: softmax(warped), slack };
}

function softmax(values: readonly number[]): number[] {
  const largest = Math.max(...values);
  const sum = values.reduce((total, value) => total + Math.exp(value - largest), 0);
  return values.map((value) => Math.exp(value - largest) / sum);
}

describe('referenceDistribution', () => {
  test('equals a brute-force pass over all logits', () => {
    // Logits on a grid bring ties; a fine part brings none.
    const logit = fc.oneof(
      fc.integer({ min: -6, max: 6 }),
      fc.double({ min: -8, max: 8, noNaN: true, noDefaultInfinity: true }),
    );
    const cases = fc.record({
      logits: fc.array(logit, { minLength: 2, maxLength: 30 }),
      topK: fc.constantFrom(0, 1, 2, 5, 100),
      topP: fc.constantFrom(1, 0.9, 0.5, 0.13),
      repetitionPenalty: fc.constantFrom(1, 1.3, 3, 0.6),
      seen: fc.uniqueArray(fc.nat(29), { maxLength: 12 }),
    });
    fc.assert(
      fc.property(cases, ({ logits, seen: maybeSeen, ...settings }) => {
        const seen = maybeSeen.filter((token) => token < logits.length);
        const { probabilities, slack } = bruteForce(logits, settings, seen);
        fc.pre(slack > 1e-9);
        const { tokens, logProbs, logReference } = reference(logits, settings, seen);
        const expected = probabilities.flatMap((p, token) => (p > 0 ? [token] : []));
        expect([...tokens].sort((a, b) => a - b)).toEqual(expected);
        const unfiltered = softmax(logits);
        tokens.forEach((token, i) => {
          expect(Math.exp(logReference[i])).toBeCloseTo(probabilities[token], 10);
          expect(Math.exp(logProbs[i])).toBeCloseTo(unfiltered[token], 10);
          if (i > 0) expect(logReference[i]).toBeLessThanOrEqual(logReference[i - 1]);
        });
      }),
      { numRuns: 2000 },
    );
  });

  test('breaks ties by the smaller id, also at the edge of top-k and of the nucleus', () => {
    const logits = [0, 1, 1, 1, 0];
    expect([...reference(logits, { topK: 2 }).tokens]).toEqual([1, 2]);
    expect([...reference([1, 1, 1, 1], { topP: 0.6 }).tokens]).toEqual([0, 1, 2]);
    // The penalty makes token 1 tie with tokens 0 and 4.
    const lifted = [1, 2, 0, 0, 1];
    expect([...reference(lifted, { topK: 2, repetitionPenalty: 2 }, [1]).tokens]).toEqual([0, 1]);
  });

  test('measures the nucleus over the vocabulary without top-k and over the k best with it', () => {
    const logits = [Math.log(0.4), Math.log(0.3), Math.log(0.2), Math.log(0.1)];
    expect([...reference(logits, { topP: 0.69 }).tokens]).toEqual([0, 1]);
    expect([...reference(logits, { topP: 0.75 }).tokens]).toEqual([0, 1, 2]);
    // Among the three best the first two have 7/9 of the mass.
    expect([...reference(logits, { topK: 3, topP: 0.75 }).tokens]).toEqual([0, 1]);
  });

  test('asks for no more than it needs', () => {
    const seen = new Set([3, 4]);
    expect(referenceRequest(context, { ...plain, topK: 5 }, seen, 40)).toEqual({ context, topK: 5 });
    expect(referenceRequest(context, plain, seen, 40)).toEqual({ context, topK: 40 });
    expect(referenceRequest(context, { ...plain, topK: 5, repetitionPenalty: 2 }, seen, 40)).toEqual({
      context,
      topK: 7,
      tokens: [3, 4],
    });
  });

  test('keeps every possible token when there is no nucleus, also those that a sum of doubles loses', () => {
    expect([...reference([40, 0, -5], { topP: 1 }).tokens]).toEqual([0, 1, 2]);
  });

  test('leaves out tokens without probability, and survives large differences', () => {
    expect([...reference([1, -Infinity, 0], {}).tokens]).toEqual([0, 2]);
    expect([...reference([700, -700, 0], {}).tokens]).toEqual([0, 2]);
  });

  test('says so when the model gives nothing usable', () => {
    const broken = {
      tokens: Int32Array.of(0),
      logProbs: Float64Array.of(NaN),
      asked: new Float64Array(),
      logSumExp: NaN,
    };
    expect(() => referenceDistribution(broken, plain, new Set())).toThrow(
      expect.objectContaining({ code: 'not-finite' }),
    );
  });
});
