import { describe, expect, test } from 'vitest';
import { fitDirection } from './fit-direction.js';
import { createMoments, mergeMoments, type Moments } from './moments.js';
import { relativeError } from '../testing/closeness.js';
import { gaussianRows } from '../testing/random.js';
import { REFERENCE } from '../testing/reference.js';

/** Moments of the rows of label 0 and of label 1. */
function classes({ rows, labels }: { rows: number[]; labels: number[] }): [Moments, Moments] {
  const width = rows.length / labels.length;
  const moments: [Moments, Moments] = [createMoments(width), createMoments(width)];
  labels.forEach((label, row) => {
    moments[label].add(Float64Array.from(rows.slice(row * width, (row + 1) * width)));
  });
  return moments;
}

function dot(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((sum, value, i) => sum + value * b[i], 0);
}

describe('on well-conditioned data', () => {
  const reference = REFERENCE.wellConditioned;
  const [negative, positive] = classes(reference);

  test('the paper’s direction is that of scikit-learn’s LDA, by either solver', () => {
    const { direction, offset, shrinkage } = fitDirection('paper', positive, negative);
    expect(relativeError(direction, reference.eigen)).toBeLessThan(1e-9);
    expect(relativeError(direction, reference.svd)).toBeLessThan(1e-9);
    expect(offset).toBeCloseTo(dot(reference.eigen, reference.midpoint), 9);
    expect(shrinkage).toBeUndefined();
  });

  test('the shrinkage and its direction are those of scikit-learn', () => {
    const { direction, offset, shrinkage } = fitDirection('shrinkage', positive, negative);
    expect(shrinkage).toBeCloseTo(reference.shrinkage, 12);
    expect(relativeError(direction, reference.shrunk)).toBeLessThan(1e-9);
    expect(offset).toBeCloseTo(dot(reference.shrunk, reference.midpoint), 9);
  });

  test('the direction has unit norm and turns with the classes', () => {
    for (const estimator of ['paper', 'shrinkage'] as const) {
      const there = fitDirection(estimator, positive, negative);
      const back = fitDirection(estimator, negative, positive);
      expect(dot(there.direction, there.direction)).toBeCloseTo(1, 12);
      expect(
        relativeError(
          back.direction,
          there.direction.map((value) => -value),
        ),
      ).toBeLessThan(1e-12);
      expect(back.offset).toBeCloseTo(-there.offset, 12);
    }
  });
});

describe('with fewer rows than columns', () => {
  const reference = REFERENCE.singular;
  const [negative, positive] = classes(reference);

  test('the paper’s direction is the truncated inverse of numpy', () => {
    expect(relativeError(fitDirection('paper', positive, negative).direction, reference.paper)).toBeLessThan(
      1e-8,
    );
  });

  test('shrinkage is as scikit-learn has it', () => {
    const { direction, shrinkage } = fitDirection('shrinkage', positive, negative);
    expect(shrinkage).toBeCloseTo(reference.shrinkage, 12);
    expect(relativeError(direction, reference.shrunk)).toBeLessThan(1e-9);
  });
});

test('the paper’s covariance is divided by n − 2', () => {
  // Along the second axis the scatter is 3e-6: above the threshold over n − 2 = 2, below it over n = 4.
  const step = Math.sqrt(1.5e-6);
  const positive = momentsOf(Float64Array.of(3, 1 + step, 3, 1 - step), 2);
  const negative = momentsOf(Float64Array.of(-1, 0, 1, 0), 2);
  expect(fitDirection('paper', positive, negative).direction[1]).toBeGreaterThan(0.99);
});

test('shards fitted apart and merged give the fit of the whole', () => {
  const width = 8;
  const shards = [0, 1, 2].map((seed) => ({
    positive: momentsOf(gaussianRows(40 + seed, width, seed, 0.3), width),
    negative: momentsOf(gaussianRows(50 - seed, width, seed + 10), width),
  }));
  const whole = { positive: createMoments(width), negative: createMoments(width) };
  for (const seed of [0, 1, 2]) {
    whole.positive.add(gaussianRows(40 + seed, width, seed, 0.3));
    whole.negative.add(gaussianRows(50 - seed, width, seed + 10));
  }
  for (const estimator of ['paper', 'shrinkage'] as const) {
    const merged = fitDirection(
      estimator,
      shards.map(({ positive }) => positive).reduce(mergeMoments),
      shards.map(({ negative }) => negative).reduce(mergeMoments),
    );
    const once = fitDirection(estimator, whole.positive, whole.negative);
    expect(relativeError(merged.direction, once.direction)).toBeLessThan(1e-9);
    expect(merged.shrinkage ?? 0).toBeCloseTo(once.shrinkage ?? 0, 9);
  }
});

function momentsOf(rows: Float64Array, width: number): Moments {
  const moments = createMoments(width);
  moments.add(rows);
  return moments;
}

describe('refuses degenerate data', () => {
  const constant = momentsOf(new Float64Array(60).fill(2), 3);
  const other = momentsOf(new Float64Array(60).fill(1), 3);
  const noise = momentsOf(gaussianRows(20, 3, 1), 3);

  test.each([
    ['no variation within the classes', constant, other],
    ['no difference between the classes', noise, noise],
    ['no vectors', createMoments(3), createMoments(3)],
    ['two vectors', momentsOf(gaussianRows(1, 3, 1), 3), momentsOf(gaussianRows(1, 3, 2), 3)],
  ])('%s', (_, positive, negative) => {
    for (const estimator of ['paper', 'shrinkage'] as const) {
      expect(() => fitDirection(estimator, positive, negative)).toThrow(
        expect.objectContaining({ code: 'degenerate-data' }),
      );
    }
  });
});
