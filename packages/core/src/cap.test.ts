import { describe, expect, it } from 'vitest';
import { boundBonus, capBonus } from './cap.js';

describe('a cap', () => {
  it('limits by how much the weighted mean of the margins is better than expected, and nothing else', () => {
    const weights = [2, 0, -1];
    const expected = [
      [1.2, 1.2, 1, 1.2],
      [NaN, NaN, NaN, NaN],
      [-1.6, -2, -1.6, -1.6],
    ].map((each) => Float64Array.from(each));
    const bounds = boundBonus(expected, weights, 4, 0.25);
    // 2 · 1.2 + 1.6 and so on, and 0.25 for each of the weights 2 and −1.
    [4, 4.4, 3.6, 4].forEach((value, x) => {
      expect(bounds.expected[x]).toBeCloseTo(value, 12);
      expect(bounds.ceiling[x]).toBeCloseTo(value + 0.75, 12);
    });
    expect([...capBonus(Float64Array.of(4.5, 9, -7, NaN), bounds)].slice(0, 3)).toEqual([
      4.5,
      bounds.ceiling[1],
      -7,
    ]);
  });
});
