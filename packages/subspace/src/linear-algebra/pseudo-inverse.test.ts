import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { solveCholesky } from './cholesky.js';
import { solvePseudoInverse } from './pseudo-inverse.js';
import { relativeError } from '../testing/closeness.js';
import { gaussianRows } from '../testing/random.js';
import { REFERENCE } from '../testing/reference.js';

/** B Bᵀ / columns + ridge · I of a random B. */
function covariance(n: number, columns: number, seed: number, ridge: number): Float64Array {
  const b = gaussianRows(n, columns, seed);
  return Float64Array.from({ length: n * n }, (_, at) => {
    const [i, j] = [Math.floor(at / n), at % n];
    let sum = 0;
    for (let k = 0; k < columns; k++) sum += b[i * columns + k] * b[j * columns + k];
    return sum / columns + (i === j ? ridge : 0);
  });
}

function times(matrix: Float64Array, x: Float64Array): Float64Array {
  const n = x.length;
  return x.map((_, i) => x.reduce((sum, value, j) => sum + matrix[i * n + j] * value, 0));
}

describe('solvePseudoInverse', () => {
  test('keeps the eigenvalues above the threshold and no others (numpy)', () => {
    const { matrix, right, solution } = REFERENCE.threshold;
    const x = solvePseudoInverse(Float64Array.from(matrix), Float64Array.from(right), 1e-6);
    // The smallest eigenvalue kept is 3e-7 of the largest, which costs that much of the precision.
    expect(relativeError(x, solution)).toBeLessThan(1e-8);
  });

  test('solves regular systems, with Cholesky too', () => {
    const size = fc.integer({ min: 1, max: 40 });
    fc.assert(
      fc.property(size, fc.nat(), (n, seed) => {
        const matrix = covariance(n, n, seed, 0.1);
        const right = gaussianRows(1, n, seed + 1);
        expect(
          relativeError(times(matrix, solvePseudoInverse(matrix.slice(), right, 1e-6)), right),
        ).toBeLessThan(1e-9);
        const cholesky = solveCholesky(matrix.slice(), right);
        expect(relativeError(times(matrix, cholesky ?? right), right)).toBeLessThan(1e-9);
      }),
    );
  });

  test('gives the shortest solution of singular systems', () => {
    const matrix = covariance(30, 12, 7, 0);
    const target = times(matrix, gaussianRows(1, 30, 8));
    const x = solvePseudoInverse(matrix.slice(), target, 1e-6);
    expect(relativeError(times(matrix, x), target)).toBeLessThan(1e-9);
    // The shortest solution is in the span of the matrix: x = A z for some z, so A⁺A x = x.
    expect(relativeError(solvePseudoInverse(matrix.slice(), times(matrix, x), 1e-6), x)).toBeLessThan(1e-9);
  });

  test('copes with zeros, diagonals and equal eigenvalues', () => {
    expect(solvePseudoInverse(new Float64Array(9), Float64Array.of(1, 2, 3), 1e-6)).toEqual(
      new Float64Array(3),
    );
    const diagonal = Float64Array.of(4, 0, 0, 0, 4, 0, 0, 0, 1e-7);
    expect([...solvePseudoInverse(diagonal, Float64Array.of(4, 8, 1), 1e-6)]).toEqual([1, 2, 0]);
    // All ones: eigenvalues n and, n − 1 times, 0.
    const x = solvePseudoInverse(new Float64Array(25).fill(1), Float64Array.of(1, 2, 3, 4, 5), 1e-6);
    expect(relativeError(x, new Float64Array(5).fill(0.6))).toBeLessThan(1e-12);
  });

  test('takes less than 2 s at width 576', () => {
    const matrix = covariance(576, 64, 9, 1e-3);
    const right = gaussianRows(1, 576, 10);
    const start = process.cpuUsage();
    const x = solvePseudoInverse(matrix.slice(), right, 1e-6);
    expect(process.cpuUsage(start).user / 1e6).toBeLessThan(2);
    expect(relativeError(times(matrix, x), right)).toBeLessThan(1e-9);
  });
});

test('solveCholesky says when a matrix is not positive definite', () => {
  expect(solveCholesky(Float64Array.of(1, 2, 2, 1), Float64Array.of(1, 1))).toBeUndefined();
  expect(solveCholesky(Float64Array.of(NaN), Float64Array.of(1))).toBeUndefined();
});
