import fc from 'fast-check';
import { expect, test } from 'vitest';
import { candidateDepth } from './candidate-depth.js';
import { crossValidate } from './cross-validate.js';
import { fitDirection } from './fit-direction.js';
import { createFitState } from './fit-state.js';
import { fitSubspace } from './fit-subspace.js';
import { createMoments } from './moments.js';
import { normalProbability } from '../statistics/normal-probability.js';
import { createGaussianBackend, SEPARATION } from '../testing/gaussian-backend.js';
import { makeRows } from '../testing/make-rows.js';
import { gaussianRows } from '../testing/random.js';

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
    layerBy: 'auroc',
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
  expect(choice.layerSet).toBe(0);
  expect(choice.shrinkage).toBeUndefined();
  const mean = scores.reduce((sum, score) => sum + score, 0) / 4;
  expect(choice.scores[0].auroc).toBeCloseTo(mean, 9);
  // Of four: the root of the sum of squares over 3 · 4.
  const squares = scores.reduce((sum, score) => sum + (score - mean) ** 2, 0);
  expect(choice.scores[0].error).toBeCloseTo(Math.sqrt(squares / 12), 9);
  // At the other one there is nothing.
  expect(choice.scores[1]).toEqual({ auroc: 0.5, error: 0 });
});

/**
 * A state of some layers. The classes differ along the first coordinate, by `gaps` standard deviations of what is its own;
 * three times as much is common to all coordinates, and can only be taken off by looking at the others.
 */
function stateOf(width: number, perFold: number, gaps = [1]) {
  const state = createFitState({
    model: 'm',
    width,
    layers: [...gaps.keys()],
    layerBy: 'auroc',
    stack: false,
    estimator: 'cross-validated',
    positions: 'last',
    centring: 'none',
    pairs: false,
    chat: false,
    heldOut: 0.2,
    seed: 0,
  });
  state.sums.forEach((layerSets, fold) =>
    layerSets.forEach((classes, layer) =>
      classes.forEach((moments, label) => {
        const seed = 100 * fold + label;
        const vectors = gaussianRows(perFold, width, seed);
        const common = gaussianRows(perFold, 1, seed + 50);
        for (let at = 0; at < vectors.length; at++) vectors[at] += 3 * common[Math.floor(at / width)];
        for (let row = 0; row < perFold; row++) vectors[row * width] += label * gaps[layer];
        moments.last?.add(vectors);
      }),
    ),
  );
  return state;
}

test('few vectors are shrunk more than many, which reach what can be known', () => {
  const [few, many] = [stateOf(20, 8), stateOf(20, 2000)].map((state) => crossValidate(state));
  expect(few.shrinkage).toBeGreaterThan(many.shrinkage ?? 1);
  // Of the other 19 coordinates the common part is known but for 1/19 of a variance of 1: Φ(1 / √(2 + 2/19)).
  const best = normalProbability(1 / Math.sqrt(2 + 2 / 19));
  expect(Math.abs(many.scores[0].auroc - best)).toBeLessThan(0.02);
  expect(few.scores[0].auroc).toBeLessThan(many.scores[0].auroc);
});

test('a fold without one of the sides has no say; without any to judge by, the strongest shrinkage is taken', () => {
  const state = stateOf(3, 30);
  const whole = crossValidate(state);
  const empty = createFitState({ ...state.settings });
  const sums = [...state.sums.slice(0, 3), empty.sums[3]];
  expect(crossValidate({ ...state, sums }).scores[0].auroc).not.toBe(0.5);
  expect(whole.scores[0].auroc).toBeGreaterThan(0.6);
  const one = [state.sums[0], empty.sums[1], empty.sums[2], empty.sums[3]];
  expect(crossValidate({ ...state, sums: one })).toEqual({
    layerSet: 0,
    shrinkage: 1,
    scores: [{ auroc: 0.5, error: 0 }],
  });
});

test('of the layers within a standard error of the best the cheapest is taken, and of equally cheap ones the best', () => {
  const state = stateOf(3, 40, [0.98, 0.2, 1, 0.99]);
  const { layerSet, scores } = crossValidate(state);
  const enough = scores[layerSet].auroc - scores[layerSet].error;
  expect(scores.every(({ auroc }) => auroc <= scores[layerSet].auroc)).toBe(true);
  const near = [...scores.keys()].filter((layer) => scores[layer].auroc >= enough);
  expect(near.length).toBeGreaterThan(1);
  expect(near).not.toContain(1);
  fc.assert(
    fc.property(fc.tuple(...scores.map(() => fc.integer({ min: 1, max: 3 }))), (costs) => {
      const [first] = near.toSorted((a, b) => costs[a] - costs[b] || scores[b].auroc - scores[a].auroc);
      expect(crossValidate(state, ([layer]) => costs[layer]).layerSet).toBe(first);
    }),
  );
});

test.each([
  [[1], 2, 2],
  [[2], 2, 2],
  [[1, 3], 2, 4],
  [[3], 2, 4],
  [[1], undefined, 4],
])('where layers %j are read and the cut is %s, a candidate runs %s blocks', (layers, cut, blocks) => {
  expect(candidateDepth(layers, { layers: 4, ...(cut !== undefined && { cut }) })).toBe(blocks);
});
