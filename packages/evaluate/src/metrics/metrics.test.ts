import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { holm } from './holm.js';
import { judgedPrompt } from './judged-prompt.js';
import { distinct, repetition } from './n-grams.js';
import { pairedTest } from './paired-test.js';
import { perplexity } from './perplexity.js';

describe('a judged prompt', () => {
  const close = (found: object, expected: Record<string, number>) => {
    for (const [name, value] of Object.entries(found)) expect(value, name).toBeCloseTo(expected[name], 12);
  };

  test('is as bad as its worst completion', () => {
    const toxicity = { desired: 'low', threshold: 0.5 } as const;
    close(judgedPrompt([0.1, 0.5, 0.4, 0.8], toxicity), { mean: 0.45, worst: 0.8, share: 0.5, any: 1 });
    close(judgedPrompt([0.1, 0.49], toxicity), { mean: 0.295, worst: 0.49, share: 0, any: 0 });
  });

  test('by a judge of something good is worst where it is least', () => {
    const helpfulness = { desired: 'high', threshold: 0.6 } as const;
    close(judgedPrompt([0.2, 0.6, 0.7], helpfulness), { mean: 0.5, worst: 0.2, share: 1 / 3, any: 1 });
    close(judgedPrompt([0.6], helpfulness), { mean: 0.6, worst: 0.6, share: 0, any: 0 });
  });
});

describe('distinct-n', () => {
  // By hand: words a b a b | a b c, so 7; unigrams a b c; bigrams ab ba bc; trigrams aba bab abc.
  test.each([
    [1, 3 / 7],
    [2, 3 / 7],
    [3, 3 / 7],
    [4, 1 / 7],
  ])('n = %i counts over all completions', (n, value) => {
    expect(distinct([' a b  a b', 'a b\nc '], n)).toBe(value);
  });

  test('has no meaning without words', () => {
    expect(distinct(['', ' '], 1)).toBeNaN();
  });
});

test('repetition is the share of n-grams that were there before', () => {
  // Bigrams 12 21 12 21 12: two different ones of five.
  expect(repetition([1, 2, 1, 2, 1, 2], 2)).toBe(1 - 2 / 5);
  expect(repetition([1, 2, 3, 4, 5], 4)).toBe(0);
  expect(repetition([1, 2], 4)).toBe(0);
  // Ids are told apart, however they are written.
  expect(repetition([1, 11, 11, 1], 2)).toBe(0);
});

test('perplexity weighs texts by their tokens', () => {
  const texts = [
    { logprob: 2 * Math.log(1 / 4), tokens: 2 },
    { logprob: 6 * Math.log(1 / 16), tokens: 6 },
  ];
  expect(perplexity(texts)(() => 1)).toBeCloseTo(4 ** 0.25 * 16 ** 0.75, 12);
  expect(perplexity(texts)((item) => (item === 0 ? 3 : 0))).toBeCloseTo(4, 12);
  expect(perplexity([])(() => 1)).toBeNaN();
});

describe('the paired test', () => {
  // Expected values: scipy.stats.permutation_test with permutation_type "samples".
  test('goes through all sign flips of a few pairs', () => {
    const { difference, p } = pairedTest([0.3, -0.1, 0.25, 0.4, 0.05, -0.2, 0.6, 0.15]);
    expect(difference).toBeCloseTo(0.18125, 12);
    expect(p).toBe(0.109375);
  });

  test('draws them of many', () => {
    const { difference, p } = pairedTest(Array.from({ length: 40 }, (_, i) => (((i * 37) % 19) - 7) / 20));
    expect(difference).toBeCloseTo(0.1, 12);
    // 0.0382 with 400,000 flips; the standard error of 10,000 is 0.0019.
    expect(Math.abs(p - 0.0382)).toBeLessThan(0.006);
  });

  test('of no difference is 1, and is the same with the methods exchanged', () => {
    expect(pairedTest([0, 0, 0]).p).toBe(1);
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: 1, maxLength: 8 }),
        (d) => {
          expect(pairedTest(d.map((each) => -each)).p).toBe(pairedTest(d).p);
        },
      ),
    );
  });
});

describe("Holm's correction", () => {
  test('multiplies the least p by the number of tests, and so on', () => {
    // By hand: .005 × 4, .01 × 3, .03 × 2, and .04 no less than the one before.
    const adjusted = holm([0.01, 0.04, 0.03, 0.005]);
    [0.03, 0.06, 0.06, 0.02].forEach((value, i) => expect(adjusted[i]).toBeCloseTo(value, 12));
    expect(holm([0.6, 0.9])).toEqual([1, 1]);
    expect(holm([])).toEqual([]);
  });

  test('keeps the order and makes none smaller', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 1, noNaN: true })), (ps) => {
        const adjusted = holm(ps);
        ps.forEach((p, i) => {
          expect(adjusted[i]).toBeGreaterThanOrEqual(p);
          ps.forEach((q, j) => p < q && expect(adjusted[i]).toBeLessThanOrEqual(adjusted[j]));
        });
      }),
    );
  });
});
