import { expect, test } from 'vitest';
import { bootstrapAuroc } from './auroc.js';
import { calibrate } from './calibrate.js';
import { calibrateResponses, type MeasuredResponse, measureFigures } from './figures.js';

const RESPONSES: MeasuredResponse[] = [
  { distances: Float64Array.of(3, -1, 2), label: 1, group: 'a' },
  { distances: Float64Array.of(-0.5), label: 0, group: 'a' },
  { distances: Float64Array.of(1, -2), label: 1, group: 'b' },
  { distances: Float64Array.of(1.5, 1, -3, -1), label: 0, group: 'b' },
  { distances: Float64Array.of(0.5), label: 1, group: 'c' },
  { distances: Float64Array.of(-1.5, 0.25), label: 0, group: 'd' },
];
const LABELS = [1, 0, 1, 0, 1, 0];
const GROUPS = ['a', 'a', 'b', 'b', 'c', 'd'];
const LAST = [2, -0.5, -2, -1, 0.5, 0.25];
const EVERY = [3, -1, 2, -0.5, 1, -2, 1.5, 1, -3, -1, 0.5, -1.5, 0.25];
const EVERY_LABELS = [1, 1, 1, 0, 1, 1, 0, 0, 0, 0, 1, 0, 0];
const EVERY_GROUPS = ['a', 'a', 'a', 'a', 'b', 'b', 'b', 'b', 'b', 'b', 'c', 'd', 'd'];

test('a response is read in four ways', () => {
  const options = { seed: 5 };
  expect(measureFigures(RESPONSES, 5)).toEqual({
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
});
