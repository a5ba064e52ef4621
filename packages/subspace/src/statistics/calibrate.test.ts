import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { calibrate } from './calibrate.js';
import { createRandom } from './random.js';
import { createGaussian } from '../testing/random.js';
import { REFERENCE } from '../testing/reference.js';

const { distances, labels, weights, plain, weighted, separable } = REFERENCE.calibration;

function expectNear(
  actual: { slope: number; intercept: number },
  expected: typeof actual,
  share: number,
): void {
  expect(Math.abs(actual.slope / expected.slope - 1)).toBeLessThan(share);
  expect(Math.abs(actual.intercept / expected.intercept - 1)).toBeLessThan(share);
}

describe('calibrate', () => {
  test('is scikit-learn’s logistic regression, but for a ridge of less than a part in 10,000', () => {
    expectNear(calibrate(distances, labels), plain, 1e-4);
    expectNear(calibrate(distances, labels, weights), weighted, 1e-4);
  });

  test('separable data get the slope of scikit-learn with the same ridge', () => {
    expectNear(calibrate(separable.distances, separable.labels), separable, 1e-6);
  });

  test('a weight counts an item as often as it says', () => {
    const twice = (items: number[]) => items.flatMap((item) => [item, item]);
    const half = new Float64Array(2 * labels.length).fill(0.5);
    expectNear(calibrate(twice(distances), twice(labels), half), calibrate(distances, labels), 1e-9);
  });

  test('a label between is one of each side, in proportion', () => {
    const soft = calibrate([3, 1, 0, -1], [1, 0.75, 0.25, 0]);
    const apart = calibrate([3, 1, 1, 0, 0, -1], [1, 1, 0, 1, 0, 0], [1, 0.75, 0.25, 0.25, 0.75, 1]);
    expect(soft.slope).toBeCloseTo(apart.slope, 9);
    expect(soft.intercept).toBeCloseTo(apart.intercept, 9);
  });

  test('moves with the distances’ unit and zero', () => {
    const { slope, intercept } = calibrate(distances, labels);
    const moved = calibrate(
      distances.map((value) => 1e6 * value - 5e8),
      labels,
    );
    expectNear(moved, { slope: slope / 1e6, intercept: intercept + (slope * 5e8) / 1e6 }, 1e-8);
  });

  test('finds the log-odds of two Gaussians', () => {
    const gaussian = createGaussian(5);
    const sides = Array.from({ length: 40_000 }, (_, i) => Number(i % 4 !== 0));
    // Means ±1, deviation 0.8: log-odds = 2 x / 0.64 + log 3.
    const { slope, intercept } = calibrate(
      sides.map((side) => 2 * side - 1 + 0.8 * gaussian()),
      sides,
    );
    expect(Math.abs(slope - 3.125)).toBeLessThan(0.1);
    expect(Math.abs(intercept - Math.log(3))).toBeLessThan(0.06);
  });

  test('ends in finite numbers, or a refusal, on anything', () => {
    const item = fc.tuple(fc.double({ min: -1e9, max: 1e9, noNaN: true }), fc.constantFrom(0, 1));
    fc.assert(
      fc.property(fc.array(item, { minLength: 2, maxLength: 20 }), (items) => {
        try {
          const { slope, intercept } = calibrate(
            items.map(([d]) => d),
            items.map(([, label]) => label),
          );
          expect(slope).toBeGreaterThan(0);
          expect(Number.isFinite(slope) && Number.isFinite(intercept)).toBe(true);
        } catch (error) {
          expect(['one-sided-data', 'slope-not-positive']).toContain((error as { code: string }).code);
        }
      }),
      { numRuns: 300 },
    );
  });

  test('refuses distances that point the wrong way or nowhere', () => {
    const refused = expect.objectContaining({ code: 'slope-not-positive' });
    expect(() =>
      calibrate(
        distances.map((value) => -value),
        labels,
      ),
    ).toThrow(refused);
    expect(() =>
      calibrate(
        labels.map(() => 3),
        labels,
      ),
    ).toThrow(refused);
  });

  test('refuses one label', () => {
    const random = createRandom(1);
    for (const label of [0, 1]) {
      expect(() => calibrate([random(), random()], [label, label])).toThrow(
        expect.objectContaining({ code: 'one-sided-data' }),
      );
    }
  });
});
