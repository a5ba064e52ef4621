import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { solveCholesky } from '../linear-algebra/cholesky.js';
import { createMoments, type Moments } from './moments.js';
import { shrunkDirections } from './shrunk-directions.js';
import { relativeError } from '../testing/closeness.js';
import { gaussianRows } from '../testing/random.js';

function momentsOf(rows: Float64Array, width: number): Moments {
  const moments = createMoments(width);
  moments.add(rows);
  return moments;
}

/** The definition, by another solver: ((1 − α) S + α D) w = μ₊ − μ₋, of unit norm. */
function byDefinition(positive: Moments, negative: Moments, amount: number): Float64Array {
  const { width } = positive;
  const count = positive.count + negative.count;
  const covariance = positive.scatter.map((value, at) => {
    const pooled = (value + negative.scatter[at]) / count;
    return at % (width + 1) === 0 ? pooled : (1 - amount) * pooled;
  });
  const weights = solveCholesky(
    covariance,
    positive.mean.map((mean, i) => mean - negative.mean[i]),
  );
  if (weights === undefined) throw new Error('not positive definite');
  const norm = Math.hypot(...weights);
  return weights.map((weight) => weight / norm);
}

test('every amount gives the solution of its own equations, whatever the scales of the coordinates', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 2, max: 30 }),
      fc.nat(),
      (width, rows, seed) => {
        const scaled = (shift: number, draw: number) =>
          gaussianRows(rows, width, draw, shift).map((value, at) => value * 10 ** ((at % width) - 3));
        const positive = momentsOf(scaled(0.5, seed), width);
        const negative = momentsOf(scaled(0, seed + 1), width);
        const amounts = [1, 0.5, 0.01];
        shrunkDirections(positive, negative, amounts).forEach(({ direction, offset, shrinkage }, i) => {
          const wanted = byDefinition(positive, negative, amounts[i]);
          expect(relativeError(direction, wanted)).toBeLessThan(1e-7);
          expect(shrinkage).toBe(amounts[i]);
          const middle = wanted.reduce(
            (sum, weight, j) => sum + (weight * (positive.mean[j] + negative.mean[j])) / 2,
            0,
          );
          expect(offset).toBeCloseTo(middle, 6);
        });
      },
    ),
  );
});

test('of fewer vectors than coordinates the same is found by their small matrix', () => {
  const width = 40;
  const sides = [0, 1].map((shift) => momentsOf(gaussianRows(8, width, shift + 3, shift), width));
  const amounts = [1, 0.5, 1e-2, 1e-4];
  shrunkDirections(sides[1], sides[0], amounts).forEach(({ direction }, i) => {
    expect(relativeError(direction, byDefinition(sides[1], sides[0], amounts[i]))).toBeLessThan(1e-7);
  });
});

describe('a coordinate that does not vary', () => {
  const width = 3;
  const still = (rows: Float64Array, at: number) => rows.map((value, i) => (i % width === 1 ? at : value));
  const noise = gaussianRows(20, width, 4, 1);

  test('has no say', () => {
    const [{ direction }] = shrunkDirections(
      momentsOf(still(noise, 2), width),
      momentsOf(still(gaussianRows(20, width, 5), 2), width),
      [0.1],
    );
    expect(direction[1]).toBe(0);
    expect(Math.hypot(...direction)).toBeCloseTo(1, 12);
  });

  test('is refused when none does', () => {
    const constant = momentsOf(new Float64Array(30).fill(1), width);
    const other = momentsOf(new Float64Array(30).fill(2), width);
    expect(() => shrunkDirections(other, constant, [1])).toThrow(
      expect.objectContaining({ code: 'degenerate-data' }),
    );
  });
});
