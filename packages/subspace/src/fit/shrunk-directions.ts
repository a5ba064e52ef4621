import { type FittedDirection, fittedDirection } from './fit-direction.js';
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
  const { diagonal, beside, intoBasis, outOfBasis } = tridiagonalise(correlations, width);
  const right = intoBasis(gap);
  return amounts.map((shrinkage) => {
    const weights = outOfBasis(solveShrunk(diagonal, beside, right, shrinkage)).map(
      (value, i) => value * scale[i],
    );
    return fittedDirection(weights, positive, negative, shrinkage);
  });
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
