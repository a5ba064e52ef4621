import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gumbelNoise, hashTokens } from './noise.js';
import type { Words } from './philox.js';
import { philox } from './philox.js';
import { chiSquareDeviate } from '../../testing/chi-square.js';

const hex = (words: readonly number[]): string =>
  words.map((word) => word.toString(16).padStart(8, '0')).join(' ');

describe('philox', () => {
  // From the file kat_vectors of the authors' Random123 library.
  test.each<[Words, [number, number], string]>([
    [[0, 0, 0, 0], [0, 0], '6627e8d5 e169c58d bc57ac4c 9b00dbd8'],
    [
      [0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff],
      [0xffffffff, 0xffffffff],
      '408f276d 41c83b0e a20bc7c6 6d5451fd',
    ],
    [
      [0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344],
      [0xa4093822, 0x299f31d0],
      'd16cfe09 94fdcceb 5001e420 24126ea1',
    ],
  ])('gives the published answers', (counter, key, answer) => {
    expect(hex(philox(counter, key))).toBe(answer);
  });

  test('agrees with 64-bit integer arithmetic', () => {
    const word = fc.integer({ min: 0, max: 0xffffffff });
    fc.assert(
      fc.property(fc.tuple(word, word, word, word), fc.tuple(word, word), (counter, key) => {
        expect(philox(counter, key)).toEqual(philoxWithBigInts(counter, key));
      }),
    );
  });
});

describe('gumbelNoise', () => {
  const key = { seed: 7, prompt: 123, sample: 0, attempt: 0 };

  test('draws from the softmax by argmax', () => {
    const logits = [2, 1, 0.5, 0, -1, -1, -3];
    const mass = logits.reduce((sum, logit) => sum + Math.exp(logit), 0);
    const counts = logits.map(() => 0);
    for (let step = 0; step < 20_000; step++) {
      const scores = logits.map((logit, token) => logit + gumbelNoise(key, step, token));
      counts[scores.indexOf(Math.max(...scores))]++;
    }
    const deviate = chiSquareDeviate(
      counts,
      logits.map((logit) => Math.exp(logit) / mass),
    );
    expect(deviate).toBeLessThan(4);
  });

  test.each([
    ['token', (i: number) => gumbelNoise(key, 3, i)],
    ['step', (i: number) => gumbelNoise(key, i, 3)],
    ['sample', (i: number) => gumbelNoise({ ...key, sample: i }, 3, 3)],
    // There are 2,048 attempts.
    ['attempt', (i: number) => gumbelNoise({ ...key, attempt: i % 2048 }, 3 + Math.floor(i / 2048), 3)],
    ['prompt', (i: number) => gumbelNoise({ ...key, prompt: i }, 3, 3)],
    ['seed', (i: number) => gumbelNoise({ ...key, seed: i }, 3, 3)],
    ['large seed', (i: number) => gumbelNoise({ ...key, seed: 2 ** 52 + i * 2 ** 32 }, 3, 3)],
  ])('is Gumbel distributed and uncorrelated along the %s', (_, noise) => {
    const count = 20_000;
    // The distribution function of a Gumbel variable turns it into a uniform one.
    const uniforms = Array.from({ length: count }, (__, i) => Math.exp(-Math.exp(-noise(i))));
    const cells = Array.from({ length: 64 }, () => 0);
    for (const u of uniforms) cells[Math.min(63, Math.floor(u * 64))]++;
    expect(
      chiSquareDeviate(
        cells,
        cells.map(() => 1 / 64),
      ),
    ).toBeLessThan(4);
    let product = 0;
    for (let i = 1; i < count; i++) product += 12 * (uniforms[i] - 0.5) * (uniforms[i - 1] - 0.5);
    expect(Math.abs(product / Math.sqrt(count))).toBeLessThan(4);
  });

  test('is finite and a function of its arguments alone', () => {
    const word = fc.integer({ min: 0, max: 0xffffffff });
    const seed = fc.maxSafeNat();
    fc.assert(
      fc.property(seed, word, word, word, word, (s, prompt, sample, step, token) => {
        const noise = gumbelNoise({ seed: s, prompt, sample, attempt: 0 }, step, token);
        expect(Number.isFinite(noise)).toBe(true);
        expect(gumbelNoise({ seed: s, prompt, sample, attempt: 0 }, step, token)).toBe(noise);
      }),
    );
  });
});

test('hashTokens tells sequences apart by content, order and length', () => {
  const sequences = [[], [0], [0, 0], [1], [1, 2], [2, 1], [1, 2, 0], [49151]];
  expect(new Set(sequences.map(hashTokens)).size).toBe(sequences.length);
});

function philoxWithBigInts(counter: Words, key: readonly [number, number]): number[] {
  const mask = 0xffffffffn;
  let [c0, c1, c2, c3] = counter.map(BigInt);
  let [k0, k1] = key.map(BigInt);
  for (let round = 0; round < 10; round++) {
    const product0 = 0xd2511f53n * c0;
    const product1 = 0xcd9e8d57n * c2;
    [c0, c1, c2, c3] = [
      (product1 >> 32n) ^ c1 ^ k0,
      product1 & mask,
      (product0 >> 32n) ^ c3 ^ k1,
      product0 & mask,
    ];
    k0 = (k0 + 0x9e3779b9n) & mask;
    k1 = (k1 + 0xbb67ae85n) & mask;
  }
  return [c0, c1, c2, c3].map(Number);
}
