import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { createMoments, mergeMoments, type Moments, restoreMoments, weightMoments } from './moments.js';
import { relativeError } from '../testing/closeness.js';
import { gaussianRows } from '../testing/random.js';
import { REFERENCE } from '../testing/reference.js';

function momentsOf(rows: Float32Array | Float64Array, width: number): Moments {
  const moments = createMoments(width);
  moments.add(rows);
  return moments;
}

function expectClose(actual: Moments, expected: Moments, tolerance: number): void {
  expect(actual.count).toBe(expected.count);
  const width = expected.width;
  // Third moments may be zero by symmetry, so they are measured against the scale of the data.
  const scale = Math.sqrt(expected.fourth / expected.count) || 1;
  expect(relativeError(actual.mean, expected.mean)).toBeLessThan(tolerance);
  expect(relativeError(actual.scatter, expected.scatter)).toBeLessThan(tolerance);
  expect(relativeError([actual.fourth], [expected.fourth])).toBeLessThan(tolerance);
  for (let i = 0; i < width; i++) {
    const difference = Math.abs(actual.third[i] - expected.third[i]);
    expect(difference / expected.count / scale ** 1.5).toBeLessThan(tolerance);
  }
}

describe('moments', () => {
  test('agree with numpy in extended precision', () => {
    const { rows, moments: expected } = REFERENCE.wellConditioned;
    const actual = momentsOf(Float64Array.from(rows), 6);
    expect(actual.count).toBe(150);
    expect(relativeError(actual.mean, expected.mean)).toBeLessThan(1e-14);
    expect(relativeError(actual.scatter, expected.scatter)).toBeLessThan(1e-13);
    expect(relativeError(actual.third, expected.third)).toBeLessThan(1e-12);
    expect(relativeError([actual.fourth], [expected.fourth])).toBeLessThan(1e-13);
  });

  test('the scatter is symmetric, at any width', () => {
    for (const width of [1, 2, 3, 5, 8]) {
      const { scatter } = momentsOf(gaussianRows(7, width, width), width);
      for (let i = 0; i < width; i++) {
        for (let j = 0; j < width; j++) expect(scatter[i * width + j]).toBe(scatter[j * width + i]);
      }
    }
  });

  test('shards merged equal one pass', () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 300 }), { minLength: 1, maxLength: 5 });
    fc.assert(
      fc.property(
        sizes,
        fc.integer({ min: 1, max: 9 }),
        fc.nat(),
        fc.constantFrom(0, 1e4),
        (counts, width, seed, offset) => {
          const total = counts.reduce((sum, count) => sum + count, 0);
          fc.pre(total > 0);
          // A drift, so that the shards differ in their means.
          const rows = gaussianRows(total, width, seed, offset).map((value, i) => value + i / total);
          let from = 0;
          const shards = counts.map((count) => {
            const shard = momentsOf(rows.subarray(from * width, (from + count) * width), width);
            from += count;
            return shard;
          });
          expectClose(shards.reduce(mergeMoments), momentsOf(rows, width), 1e-9);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('row by row, in blocks and across reads they are the same', () => {
    const rows = gaussianRows(300, 5, 1);
    const apart = createMoments(5);
    for (let row = 0; row < 300; row++) {
      apart.add(rows.subarray(row * 5, (row + 1) * 5));
      if (row % 71 === 0) expect(apart.mean.length).toBe(5);
    }
    expectClose(apart, momentsOf(rows, 5), 1e-12);
  });

  test('a weight of three is three times the same vectors, and halves add up to the whole', () => {
    const rows = gaussianRows(50, 4, 7);
    const once = momentsOf(rows, 4);
    const thrice = momentsOf(Float64Array.from([...rows, ...rows, ...rows]), 4);
    expectClose(weightMoments(once, 3), thrice, 1e-12);
    expectClose(mergeMoments(weightMoments(once, 0.5), weightMoments(once, 0.5)), once, 1e-12);
    expectClose(once, momentsOf(rows, 4), 1e-15);
  });

  test('added with a weight, vectors count that often', () => {
    const rows = gaussianRows(150, 4, 8, 3);
    const weighted = createMoments(4);
    for (const [i, weight] of [0.25, 2, 1].entries())
      weighted.add(rows.subarray(i * 200, (i + 1) * 200), weight);
    const apart = [0.25, 2, 1].map((weight, i) =>
      weightMoments(momentsOf(rows.subarray(i * 200, (i + 1) * 200), 4), weight),
    );
    expect(weighted.count).toBe(162.5);
    expectClose(weighted, apart.reduce(mergeMoments), 1e-12);
  });

  test('taken down and restored they go on as they were', () => {
    const rows = gaussianRows(300, 4, 9);
    const [first, second] = [rows.subarray(0, 600), rows.subarray(600)];
    const original = momentsOf(first, 4);
    original.settle();
    const restored = restoreMoments(original);
    for (const moments of [original, restored]) moments.add(second);
    expect(restored).toMatchObject({
      mean: original.mean,
      scatter: original.scatter,
      fourth: original.fourth,
    });
    expectClose(restored, momentsOf(rows, 4), 1e-12);
  });

  test('a common offset of 10,000 costs no precision', () => {
    const rows = gaussianRows(1000, 6, 2);
    const moved = momentsOf(
      rows.map((value) => value + 1e4),
      6,
    );
    const still = momentsOf(rows, 6);
    expect(relativeError(moved.scatter, still.scatter)).toBeLessThan(1e-10);
    expect(relativeError([moved.fourth], [still.fourth])).toBeLessThan(1e-10);
    expect(relativeError(moved.third, still.third)).toBeLessThan(1e-9);
  });

  test('merging leaves its parts alone, and nothing merges to nothing', () => {
    const a = momentsOf(gaussianRows(10, 3, 3), 3);
    const before = a.scatter.slice();
    const merged = mergeMoments(a, createMoments(3));
    expectClose(merged, a, 1e-12);
    merged.add(gaussianRows(10, 3, 4));
    expect(merged.count).toBe(20);
    expect(a.count).toBe(10);
    expect(a.scatter).toEqual(before);
    const none = mergeMoments(createMoments(3), createMoments(3));
    expect(none).toMatchObject({
      count: 0,
      fourth: 0,
      mean: new Float64Array(3),
      scatter: new Float64Array(9),
    });
  });

  test('float32 rows are summed in double precision', () => {
    const rows = Float32Array.from(gaussianRows(200, 4, 5));
    expectClose(momentsOf(rows, 4), momentsOf(Float64Array.from(rows), 4), 1e-15);
  });

  test('refuse what is not whole rows, and other widths', () => {
    expect(() => createMoments(3).add(new Float64Array(4))).toThrow(RangeError);
    expect(() => mergeMoments(createMoments(3), createMoments(4))).toThrow(RangeError);
  });
});
