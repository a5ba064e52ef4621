import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ledoitWolf } from './shrinkage.js';
import { gaussianRows } from '../testing/random.js';

/** Sums of vectors about zero. */
function sums(rows: Float64Array, width: number) {
  const count = rows.length / width;
  const vectors = Array.from({ length: count }, (_, i) => [...rows.subarray(i * width, (i + 1) * width)]);
  const outer = vectors.map((y) => y.flatMap((a) => y.map((b) => a * b)));
  const scatter = Float64Array.from({ length: width ** 2 }, (_, at) =>
    outer.reduce((sum, o) => sum + o[at], 0),
  );
  const fourth = vectors.reduce((sum, y) => sum + y.reduce((square, a) => square + a * a, 0) ** 2, 0);
  return { count, outer, scatter, fourth };
}

test('the shrinkage is the ratio of the sample’s noise to its distance from a ball', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 12 }),
      fc.integer({ min: 2, max: 6 }),
      fc.nat(),
      (rows, width, seed) => {
        const { count, outer, scatter, fourth } = sums(gaussianRows(rows, width, seed), width);
        const S = scatter.map((value) => value / count);
        const scale = S.reduce((sum, value, at) => sum + (at % (width + 1) === 0 ? value : 0), 0) / width;
        const ball = S.map((_, at) => (at % (width + 1) === 0 ? scale : 0));
        const distance = (a: ArrayLike<number>, b: Float64Array) =>
          b.reduce((sum, value, at) => sum + (a[at] - value) ** 2, 0);
        // Definition (Ledoit and Wolf 2004, section 3.3): b² = min(b̄², d²), and the weight of the ball is b² / d².
        const noise = outer.reduce((sum, o) => sum + distance(o, S), 0) / count ** 2;
        const spread = distance(ball, S);
        const { covariance, shrinkage } = ledoitWolf(scatter, fourth, count);
        expect(shrinkage).toBeCloseTo(Math.min(noise, spread) / spread, 9);
        covariance.forEach((value, at) => {
          expect(value).toBeCloseTo((1 - shrinkage) * S[at] + shrinkage * ball[at], 12);
        });
      },
    ),
  );
});

test('what is a ball already stays one', () => {
  const { covariance, shrinkage } = ledoitWolf(Float64Array.of(8, 0, 0, 8), 64, 4);
  expect(shrinkage).toBe(1);
  expect([...covariance]).toEqual([2, 0, 0, 2]);
});
