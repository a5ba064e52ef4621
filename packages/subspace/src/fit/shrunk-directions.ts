import { type FittedDirection, fittedDirection } from './fit-direction.js';
import { dot } from '../linear-algebra/dot.js';
import { lowRankFactor } from '../linear-algebra/low-rank-factor.js';
import type { Moments } from './moments.js';
import { tridiagonalise } from '../linear-algebra/tridiagonal.js';

/**
 * Fisher's linear discriminant, once for each of several amounts of shrinkage α: the pooled within-class covariance S
 * is drawn towards its own diagonal D, as (1 − α) S + α D. With 1 every coordinate is weighed by itself.
 *
 * In units in which D is the identity, S is made tridiagonal once, and so is every amount of it: the directions beyond the first
 * cost next to nothing.
 *
 * @param amounts - α, above 0 and at most 1.
 * @throws HalfspaceError `degenerate-data` as `fitDirection` does
 */
export function shrunkDirections(
  positive: Moments,
  negative: Moments,
  amounts: readonly number[],
): FittedDirection[] {
  const { width, mean: upper } = positive;
  // Read once: the sums of moments are brought up to date whenever they are read.
  const { scatter: other, mean: lower } = negative;
  const scatter = positive.scatter.map((value, i) => value + other[i]);
  const count = positive.count + negative.count;
  // A coordinate that does not vary tells the classes apart or not at all; it has no say.
  const scale = Float64Array.from({ length: width }, (_, i) => {
    const variance = scatter[i * width + i] / count;
    return variance > 0 ? 1 / Math.sqrt(variance) : 0;
  });
  const correlations = scatter.map(
    (value, at) => (value / count) * scale[Math.floor(at / width)] * scale[at % width],
  );
  const gap = scale.map((factor, i) => factor * (upper[i] - lower[i]));
  const factor = 2 * count < width ? lowRankFactor(correlations, width) : undefined;
  const solve =
    factor === undefined
      ? solverOf(correlations, width, gap)
      : lowRankSolverOf(factor.columns, factor.rank, gap);
  return amounts.map((shrinkage) => {
    const weights = solve(shrinkage).map((value, i) => value * scale[i]);
    return fittedDirection(weights, positive, negative, shrinkage);
  });
}

/** x of ((1 − α) S + α I) x = b, for any amount α. */
type Solver = (amount: number) => Float64Array;

function solverOf(matrix: Float64Array, width: number, b: Float64Array): Solver {
  const { diagonal, beside, intoBasis, outOfBasis } = tridiagonalise(matrix, width);
  const right = intoBasis(b);
  return (amount) => outOfBasis(solveShrunk(diagonal, beside, right, amount));
}

/**
 * The same for S = L Lᵀ of low rank, where few vectors were summed up, by the small matrix Lᵀ L (Woodbury):
 * x = (b − (1 − α) L ((1 − α) Lᵀ L + α I)⁻¹ Lᵀ b) / α.
 *
 * @param columns - L, column by column, row-major [rank, width].
 */
function lowRankSolverOf(columns: Float64Array, rank: number, b: Float64Array): Solver {
  const width = b.length;
  const column = (i: number) => columns.subarray(i * width, (i + 1) * width);
  const gram = new Float64Array(rank * rank);
  for (let i = 0; i < rank; i++) {
    for (let j = 0; j <= i; j++) gram[i * rank + j] = gram[j * rank + i] = dot(column(i), column(j));
  }
  const along = Float64Array.from({ length: rank }, (_, i) => dot(column(i), b));
  const small = solverOf(gram, rank, along);
  return (amount) => {
    const inside = small(amount);
    const x = b.slice();
    for (let i = 0; i < rank; i++) {
      const share = (1 - amount) * inside[i];
      const from = i * width;
      for (let k = 0; k < width; k++) x[k] -= share * columns[from + k];
    }
    return x.map((value) => value / amount);
  };
}

/** x of ((1 − α) T + α I) x = b for a tridiagonal, positive semidefinite T. */
function solveShrunk(
  diagonal: Float64Array,
  beside: Float64Array,
  right: Float64Array,
  amount: number,
): Float64Array {
  const n = right.length;
  const pivots = diagonal.map((value) => (1 - amount) * value + amount);
  const x = right.slice();
  for (let i = 1; i < n; i++) {
    const off = (1 - amount) * beside[i - 1];
    pivots[i] -= (off * off) / pivots[i - 1];
    x[i] -= (off / pivots[i - 1]) * x[i - 1];
  }
  x[n - 1] /= pivots[n - 1];
  for (let i = n - 2; i >= 0; i--) x[i] = (x[i] - (1 - amount) * beside[i] * x[i + 1]) / pivots[i];
  return x;
}
