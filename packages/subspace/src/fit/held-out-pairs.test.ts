import { expect, test } from 'vitest';
import { calibratePairs, measureHeldOutPairs } from './held-out-pairs.js';
import { measureResponse } from '../data/measured-response.js';
import { createGaussian } from '../testing/random.js';

const response = (distances: readonly number[], label: number, group: number) =>
  measureResponse(Float64Array.from(distances), { label, group });

test('a pair is won by the larger distance, a tie counts half, and lengths are held still', () => {
  const responses = [
    [[1, 5], [4, 2], 1],
    [[3, 3, 3], [1, 0], 2],
    [[2], [2], 3],
    [[-1, 0], [-2, 1], 4],
  ].flatMap(([chosen, rejected, group]) => [
    response(chosen as number[], 1, group as number),
    response(rejected as number[], 0, group as number),
  ]);
  const { count, last, mean, min, similarLength } = measureHeldOutPairs(responses, 3);
  expect(count).toBe(4);
  expect([last, mean, min].map(({ share }) => share)).toEqual([2.5 / 4, (0.5 + 1 + 0.5 + 0.5) / 4, 2.5 / 4]);
  expect(similarLength?.count).toBe(3);
  expect(similarLength?.last.share).toBe(0.5);
  expect(last.low).toBeLessThan(last.share);
  expect(last.high).toBeGreaterThan(last.share);
});

test('the interval of a share is that of a binomial', () => {
  const responses = Array.from({ length: 2000 }, (_, i) => [
    response([i % 10 < 6 ? 1 : -1], 1, i),
    response([0], 0, i),
  ]).flat();
  const { last, similarLength } = measureHeldOutPairs(responses, 1);
  const deviation = Math.sqrt((0.6 * 0.4) / 2000);
  expect(last.share).toBe(0.6);
  expect(last.low).toBeCloseTo(0.6 - 1.96 * deviation, 2);
  expect(last.high).toBeCloseTo(0.6 + 1.96 * deviation, 2);
  expect(similarLength).toEqual({ count: 2000, last, mean: last, min: last });
});

test('calibration finds the slope that pairs were drawn by, whatever their prompts add', () => {
  const gaussian = createGaussian(5);
  const uniform = createGaussian(6);
  const slope = 1.5;
  const responses = Array.from({ length: 4000 }, (_, i) => {
    const topic = 20 * gaussian();
    const [a, b] = [topic + gaussian(), topic + gaussian()];
    // A logistic draw: the first is the better one with log-odds slope · (a − b).
    const first = normal(uniform()) < 1 / (1 + Math.exp(-slope * (a - b)));
    const [chosen, rejected] = first ? [a, b] : [b, a];
    return [response([chosen], 1, i), response([rejected], 0, i)];
  }).flat();
  const found = calibratePairs(responses, 'last');
  expect(Math.abs(found.slope / slope - 1)).toBeLessThan(0.1);
  const margins = responses.map(({ mean }) => found.slope * mean + found.intercept);
  expect(margins.reduce((sum, margin) => sum + margin, 0) / margins.length).toBeCloseTo(0, 9);
});

/** A standard normal as a uniform draw, near enough. */
function normal(x: number): number {
  return 1 / (1 + Math.exp(-1.702 * x));
}
