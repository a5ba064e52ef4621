import { expect, test } from 'vitest';
import { addResponses, settle } from './add-responses.js';
import { createFitState } from './fit-state.js';
import type { FitSettings } from './fit-settings.js';
import { createMoments, type Moments } from './moments.js';
import type { ResponseStates } from '../data/response-states.js';
import { relativeError } from '../testing/closeness.js';
import { gaussianRows } from '../testing/random.js';

const WIDTH = 3;
const SETTINGS: FitSettings = {
  model: 'm',
  width: WIDTH,
  layers: [0],
  layerBy: 'auroc',
  stack: false,
  estimator: 'shrinkage',
  positions: 'both',
  centring: 'none',
  pairs: false,
  chat: false,
  heldOut: 0.2,
  seed: 0,
};

function response(label: number, tokens: number, seed: number): ResponseStates {
  const states = Float32Array.from(gaussianRows(tokens, WIDTH, seed));
  const row = { prompt: 'p', response: 'r', label, group: 'g', number: 1, tokens: [], start: 0 };
  return { row, hidden: () => states };
}

const momentsOf = (vectors: readonly number[][]): Moments => {
  const moments = createMoments(WIDTH);
  for (const vector of vectors) moments.add(Float64Array.from(vector));
  return moments;
};
const vectorsOf = (states: ResponseStates): number[][] => {
  const all = [...states.hidden(0)];
  return Array.from({ length: all.length / WIDTH }, (_, i) => all.slice(i * WIDTH, (i + 1) * WIDTH));
};
const meanOf = (vectors: readonly number[][]) =>
  [0, 1, 2].map((i) => vectors.reduce((sum, vector) => sum + vector[i], 0) / vectors.length);
const less = (vectors: readonly number[][], mean: readonly number[]) =>
  vectors.map((vector) => vector.map((value, i) => value - mean[i]));

function expectSame(found: Moments | undefined, wanted: Moments): void {
  expect(found?.count).toBeCloseTo(wanted.count, 12);
  expect(relativeError(found?.mean ?? [], wanted.mean)).toBeLessThan(1e-9);
  expect(relativeError(found?.scatter ?? [], wanted.scatter)).toBeLessThan(1e-9);
}

test('a row counts on both sides by its label', () => {
  const state = createFitState(SETTINGS);
  const rows = [response(1, 4, 1), response(0.75, 5, 2), response(0, 3, 3)];
  for (const row of rows) addResponses(state, [row]);
  settle(state);
  const [[[negative, positive]]] = state.sums;
  const [a, b, c] = rows.map(vectorsOf);
  // Four of each: the label 0.75 is three of four.
  const four = (vectors: number[][]) => [vectors, vectors, vectors, vectors].flat();
  const wanted = momentsOf([four(a), b, b, b].flat());
  expect(positive.every?.count).toBe(wanted.count / 4);
  expect(relativeError(positive.every?.mean ?? [], wanted.mean)).toBeLessThan(1e-12);
  expect(
    relativeError(
      positive.every?.scatter ?? [],
      wanted.scatter.map((value) => value / 4),
    ),
  ).toBeLessThan(1e-12);
  const below = momentsOf([...b.slice(-1), ...four(c.slice(-1))]);
  expect(negative.last?.count).toBe(below.count / 4);
  expect(relativeError(negative.last?.mean ?? [], below.mean)).toBeLessThan(1e-12);
});

test('centring takes off the mean over the responses to a prompt, of the positions that are fitted on', () => {
  const state = createFitState({ ...SETTINGS, centring: 'prompt' });
  const rows = [response(1, 4, 1), response(0, 2, 2), response(0, 3, 3)];
  addResponses(state, rows);
  // Alone there is nothing to centre by.
  addResponses(state, [response(1, 5, 4)]);
  const [[[negative, positive]]] = state.sums;
  const all = rows.map(vectorsOf);
  const lasts = all.map((vectors) => vectors.slice(-1));
  expectSame(positive.last, momentsOf(less(lasts[0], meanOf(lasts.flat()))));
  expectSame(negative.last, momentsOf(less(lasts.slice(1).flat(), meanOf(lasts.flat()))));
  expectSame(positive.every, momentsOf(less(all[0], meanOf(all.flat()))));
  expectSame(negative.every, momentsOf(less(all.slice(1).flat(), meanOf(all.flat()))));
});
