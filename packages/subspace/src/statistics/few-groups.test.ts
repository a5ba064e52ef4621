import { expect, test } from 'vitest';
import { areaInterval, shareInterval, studentQuantile, tailOf } from './few-groups.js';

test('quantiles of t are those of the tables', () => {
  for (const [freedom, quantile] of [
    [3, 3.182],
    [5, 2.571],
    [9, 2.262],
    [29, 2.045],
    [1000, 1.962],
  ]) {
    expect(Math.abs(studentQuantile(freedom) - quantile)).toBeLessThan(0.02);
  }
});

test('of few groups percentiles further out are read, and of many those of a normal interval', () => {
  expect(tailOf(1)).toBe(0);
  // Hesterberg's table has 0.0086 for ten.
  expect(tailOf(10)).toBeCloseTo(0.0086, 3);
  expect(tailOf(5000)).toBeCloseTo(0.025, 4);
});

test('a share of a few is somewhere, even where all are right', () => {
  const { low, high } = shareInterval(1, 10);
  expect(high).toBe(1);
  // Wilson: 1 / (1 + t² / n).
  expect(low).toBeCloseTo(1 / (1 + studentQuantile(9) ** 2 / 10), 6);
  const half = shareInterval(0.5, 1e6);
  expect(half.low).toBeCloseTo(0.5 - 1.96 / 2000, 6);
  expect(half.high).toBeCloseTo(0.5 + 1.96 / 2000, 6);
});

test('an area of a few is somewhere, and its interval closes in with their number', () => {
  const few = areaInterval(1, 10, 10);
  expect(few.high).toBe(1);
  expect(few.low).toBeGreaterThan(0.7);
  expect(few.low).toBeLessThan(0.8);
  const chance = areaInterval(0.5, 200, 200);
  // The variance of Mann and Whitney's statistic where there is no difference: (m + n + 1) / (12 m n).
  const deviation = Math.sqrt(401 / 12 / 200 / 200);
  expect(chance.high - 0.5).toBeCloseTo(studentQuantile(199) * deviation, 3);
  expect(0.5 - chance.low).toBeCloseTo(studentQuantile(199) * deviation, 3);
});
