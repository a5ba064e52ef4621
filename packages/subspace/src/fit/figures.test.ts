import { expect, test } from 'vitest';
import { bootstrapAuroc } from '../statistics/auroc.js';
import { calibrate } from '../statistics/calibrate.js';
import { calibrateResponses, measureFigures } from './figures.js';
import { measureResponse, type MeasuredResponse } from '../data/measured-response.js';

const response = (distances: readonly number[], label: number, group: number): MeasuredResponse =>
  measureResponse(Float64Array.from(distances), { label, group });
const RESPONSES = [
  response([3, -1, 2], 1, 1),
  response([-0.5], 0, 1),
  response([1, -2], 1, 2),
  response([1.5, 1, -3, -1], 0, 2),
  response([0.5], 1, 3),
  response([-1.5, 0.25], 0, 4),
];
const LABELS = [1, 0, 1, 0, 1, 0];
const GROUPS = ['a', 'a', 'b', 'b', 'c', 'd'];
const LAST = [2, -0.5, -2, -1, 0.5, 0.25];
const EVERY = [3, -1, 2, -0.5, 1, -2, 1.5, 1, -3, -1, 0.5, -1.5, 0.25];
const EVERY_LABELS = [1, 1, 1, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0];
const EVERY_GROUPS = ['a', 'a', 'a', 'a', 'b', 'b', 'b', 'b', 'b', 'b', 'c', 'd', 'd'];

test('a response is read in four ways', () => {
  const options = { seed: 5 };
  expect(measureFigures(RESPONSES, 5, false)).toEqual({
    last: bootstrapAuroc(LAST, LABELS, GROUPS, options),
    mean: bootstrapAuroc([4 / 3, -0.5, -0.5, -0.375, 0.5, -0.625], LABELS, GROUPS, options),
    min: bootstrapAuroc([-1, -0.5, -2, -3, 0.5, -1.5], LABELS, GROUPS, options),
    every: bootstrapAuroc(EVERY, EVERY_LABELS, EVERY_GROUPS, options),
  });
});

test('calibration reads the positions fitted on, and each response counts once', () => {
  expect(calibrateResponses(RESPONSES, 'last')).toEqual(calibrate(LAST, LABELS));
  const third = 1 / 3;
  const weights = [third, third, third, 1, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25, 1, 0.5, 0.5];
  expect(calibrateResponses(RESPONSES, 'every')).toEqual(calibrate(EVERY, EVERY_LABELS, weights));
  // Half on the last position, half on all: the last of three counts 1/2 + 1/6.
  const half = [1 / 6, 1 / 6, 2 / 3, 1, 1 / 4, 3 / 4, 1 / 8, 1 / 8, 1 / 8, 5 / 8, 1, 1 / 4, 3 / 4];
  const wanted = calibrate(EVERY, EVERY_LABELS, half);
  const { slope, intercept } = calibrateResponses(RESPONSES, 'both');
  expect(slope).toBeCloseTo(wanted.slope, 9);
  expect(intercept).toBeCloseTo(wanted.intercept, 9);
});

test('of a long response sixteen positions are kept, evenly spaced up to the last, and the rest is summed up', () => {
  const long = Array.from({ length: 160 }, (_, i) => i);
  const measured = response([...long, -7, 161], 1, 1);
  expect(measured).toMatchObject({ tokens: 162, min: -7, mean: (12_720 + 154) / 162 });
  expect(measured.distances).toHaveLength(16);
  expect(measured.distances[15]).toBe(161);
  const steps = [...measured.distances].slice(1, 15).map((value, i) => value - measured.distances[i]);
  expect(Math.min(...steps)).toBeGreaterThanOrEqual(10);
  expect(Math.max(...steps)).toBeLessThanOrEqual(11);
});
