import { expect, test } from 'vitest';
import { crossValidate } from './cross-validate.js';
import { fitDirection } from './fit-direction.js';
import { createFitState } from './fit-state.js';
import { fitSubspace } from './fit-subspace.js';
import { createMoments } from './moments.js';
import { normalProbability } from './normal-probability.js';
import { createGaussianBackend, SEPARATION } from './testing/gaussian-backend.js';
import { makeRows } from './testing/make-rows.js';
import { gaussianRows } from './testing/random.js';

test('Φ is that of the tables', () => {
  const table = [
    [-3, 0.0013498980316301],
    [-1, 0.158655253931457],
    [0, 0.5],
    [0.5, 0.691462461274013],
    [1.96, 0.97500210485178],
    [4, 0.999968328758167],
  ];
  for (const [x, probability] of table)
    expect(Math.abs(normalProbability(x) - probability)).toBeLessThan(1e-7);
});

test('the layer that knows the value is chosen, by the AUROC that its separation gives', async () => {
  const backend = createGaussianBackend();
  const { layers, layerScores } = await fitSubspace(backend, makeRows(1200), {
    attribute: 'a',
    layer: [3, 1, 2, 2],
  });
  expect(layers).toEqual([2]);
  expect(layerScores?.map(({ layer }) => layer)).toEqual([1, 2, 3]);
  const scores = layerScores?.map(({ auroc }) => auroc) ?? [];
  expect(Math.abs(scores[1] - normalProbability(SEPARATION / Math.SQRT2))).toBeLessThan(0.02);
  for (const score of [scores[0], scores[2]]) expect(Math.abs(score - 0.5)).toBeLessThan(0.04);
  // A row is run once, whatever the number of layers.
  expect(backend.ran).toHaveLength(1200);
});

test('scores are of distances along directions that do not know the fold', () => {
  const width = 3;
  const state = createFitState({
    model: 'm',
    width,
    layers: [0, 1],
    stack: false,
    estimator: 'shrinkage',
    positions: 'last',
    centring: 'none',
    pairs: false,
    chat: false,
    heldOut: 0.2,
    seed: 0,
  });
  const rows = state.sums.map((fold, index) =>
    fold[0].map((side, label) => {
      const vectors = gaussianRows(20, width, 10 * index + label, label);
      side.last?.add(vectors);
      return vectors;
    }),
  );
  const scores = rows.map((out, index) => {
    const sides = [0, 1].map((label) => {
      const moments = createMoments(width);
      rows.forEach((fold, other) => other !== index && moments.add(fold[label]));
      return moments;
    });
    const { direction } = fitDirection('shrinkage', sides[1], sides[0]);
    const [below, above] = out.map((vectors) => {
      const distances = Array.from({ length: 20 }, (_, i) =>
        direction.reduce((sum, weight, j) => sum + weight * vectors[i * width + j], 0),
      );
      const mean = distances.reduce((sum, value) => sum + value, 0) / 20;
      return { mean, variance: distances.reduce((sum, value) => sum + (value - mean) ** 2, 0) / 20 };
    });
    return normalProbability((above.mean - below.mean) / Math.sqrt(above.variance + below.variance));
  });
  const choice = crossValidate(state);
  expect(choice.reading).toBe(0);
  expect(choice.shrinkage).toBeUndefined();
  expect(choice.scores[0]).toBeCloseTo(scores.reduce((sum, score) => sum + score, 0) / 4, 9);
  // At the other one there is nothing.
  expect(choice.scores[1]).toBe(0.5);
});

/**
 * A state of one layer. Its classes differ along the first coordinate, by one standard deviation of what is its own;
 * three times as much is common to all coordinates, and can only be taken off by looking at the others.
 */
function stateOf(width: number, perFold: number) {
  const state = createFitState({
    model: 'm',
    width,
    layers: [0],
    stack: false,
    estimator: 'cross-validated',
    positions: 'last',
    centring: 'none',
    pairs: false,
    chat: false,
    heldOut: 0.2,
    seed: 0,
  });
  state.sums.forEach(([sides], fold) =>
    sides.forEach((side, label) => {
      const vectors = gaussianRows(perFold, width, 100 * fold + label);
      const common = gaussianRows(perFold, 1, 100 * fold + label + 50);
      for (let at = 0; at < vectors.length; at++) vectors[at] += 3 * common[Math.floor(at / width)];
      for (let row = 0; row < perFold; row++) vectors[row * width] += label;
      side.last?.add(vectors);
    }),
  );
  return state;
}

test('few vectors are shrunk more than many, which reach what can be known', () => {
  const [few, many] = [stateOf(20, 8), stateOf(20, 2000)].map(crossValidate);
  expect(few.shrinkage).toBeGreaterThan(many.shrinkage ?? 1);
  // Of the other 19 coordinates the common part is known but for 1/19 of a variance of 1: Φ(1 / √(2 + 2/19)).
  const best = normalProbability(1 / Math.sqrt(2 + 2 / 19));
  expect(Math.abs(many.scores[0] - best)).toBeLessThan(0.02);
  expect(few.scores[0]).toBeLessThan(many.scores[0]);
});

test('a fold without one of the sides has no say; without any to judge by, the strongest shrinkage is taken', () => {
  const state = stateOf(3, 30);
  const whole = crossValidate(state);
  const empty = createFitState({ ...state.settings });
  const sums = [...state.sums.slice(0, 3), empty.sums[3]];
  expect(crossValidate({ ...state, sums }).scores[0]).not.toBe(0.5);
  expect(whole.scores[0]).toBeGreaterThan(0.6);
  const one = [state.sums[0], empty.sums[1], empty.sums[2], empty.sums[3]];
  expect(crossValidate({ ...state, sums: one })).toEqual({ reading: 0, shrinkage: 1, scores: [0.5] });
});
