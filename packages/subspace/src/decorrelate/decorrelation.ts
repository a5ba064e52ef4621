import { HalfspaceError } from '@halfspace/core';

/** A square matrix, row by row. */
export type Matrix = readonly (readonly number[])[];

/** Correlations closer to ±1 than about this leave nothing to tell apart. */
const SMALLEST_RESIDUE = 1e-9;
const MOST_STEPS = 200;

/**
 * The matrix A that turns variables of a covariance C into uncorrelated ones of variance 1, A C Aᵀ = I, while
 * each stays as close as it can to what it was: A = R^(−1/2) D^(−1) with the deviations D and the correlations R
 * (ZCA-cor: Kessy, Lewin and Strimmer 2018, "Optimal Whitening and Decorrelation"). No variable comes first.
 *
 * @param covariance - Symmetric.
 * @throws HalfspaceError `degenerate-data` when a variable does not vary or is a mixture of the others.
 */
export function decorrelation(covariance: Matrix): Matrix {
  const deviations = covariance.map((row, i) => Math.sqrt(row[i]));
  const correlations = covariance.map((row, i) =>
    row.map((value, j) => value / (deviations[i] * deviations[j])),
  );
  const root = inverseRoot(correlations);
  if (root === undefined) {
    throw new HalfspaceError(
      'degenerate-data',
      'The distances of one of the subspaces do not vary, or follow from those of the others. Leave it out.',
    );
  }
  return root.map((row) => row.map((value, j) => value / deviations[j]));
}

/** R^(−1/2) of a correlation matrix by the iteration of Newton and Schulz; undefined where there is none. */
function inverseRoot(matrix: Matrix): Matrix | undefined {
  const size = matrix.length;
  const identity = matrix.map((_, i) => matrix.map((__, j) => Number(i === j)));
  // The eigenvalues of R / size are in (0, 1], where the iteration converges.
  let y: Matrix = matrix.map((row) => row.map((value) => value / size));
  let z: Matrix = identity;
  for (let step = 0; step < MOST_STEPS; step++) {
    const product = multiply(z, y);
    const half = identity.map((row, i) => row.map((value, j) => (3 * value - product[i][j]) / 2));
    [y, z] = [multiply(y, half), multiply(half, z)];
  }
  const root = z.map((row) => row.map((value) => value / Math.sqrt(size)));
  const check = multiply(multiply(root, matrix), root);
  const off = check.flatMap((row, i) => row.map((value, j) => Math.abs(value - identity[i][j])));
  return off.every((each) => each < SMALLEST_RESIDUE) ? root : undefined;
}

function multiply(a: Matrix, b: Matrix): Matrix {
  return a.map((row) => b.map((_, j) => row.reduce((sum, value, k) => sum + value * b[k][j], 0)));
}
