import { HalfspaceError } from '@halfspace/core';
import { solveCholesky } from '../linear-algebra/cholesky.js';
import type { Moments } from './moments.js';
import { solvePseudoInverse } from '../linear-algebra/pseudo-inverse.js';
import { ledoitWolf } from './shrinkage.js';

/** A linear classifier, not yet calibrated: distance = direction · h − offset. */
export interface FittedDirection {
  /** Unit vector from the negative to the positive side. */
  readonly direction: Float64Array;
  /** direction · midpoint of the class means. */
  readonly offset: number;
  /** How far the covariance was shrunk, 0 to 1 (not with `paper`). */
  readonly shrinkage?: number;
}

/** Eigenvalues of the pooled covariance up to this one are noise (the paper's number). */
const SMALLEST_EIGENVALUE = 1e-6;

/**
 * Fisher's linear discriminant of two classes, w = Σ⁻¹(μ₊ − μ₋): Bayes-optimal for two Gaussians of one
 * covariance Σ, which is estimated from both classes, each about its own mean.
 *
 * @throws HalfspaceError `degenerate-data` when there are fewer than three vectors, the class means are
 * the same, or the vectors do not vary within the classes.
 */
export function fitDirection(
  estimator: 'paper' | 'shrinkage',
  positive: Moments,
  negative: Moments,
): FittedDirection {
  const lower = negative.mean;
  const gap = positive.mean.map((mean, i) => mean - lower[i]);
  const { weights, shrinkage } = solve(estimator, positive, negative, gap);
  return fittedDirection(weights, positive, negative, shrinkage);
}

/**
 * A direction of unit norm, with its midpoint.
 *
 * @param weights - In the direction, of any size; undefined where there are none.
 * @throws HalfspaceError `degenerate-data`
 */
export function fittedDirection(
  weights: Float64Array | undefined,
  { count, mean: upper }: Moments,
  { count: others, mean: lower }: Moments,
  shrinkage?: number,
): FittedDirection {
  if (count + others < 3) {
    throw new HalfspaceError(
      'degenerate-data',
      `A direction cannot be fitted on ${count + others} hidden states.`,
    );
  }
  const norm = weights === undefined ? 0 : Math.hypot(...weights);
  if (weights === undefined || !(norm > 0 && Number.isFinite(norm))) {
    throw new HalfspaceError(
      'degenerate-data',
      'The hidden states do not vary within the classes, or do not differ between them. Check that the ' +
        'responses are not all the same text.',
    );
  }
  const direction = weights.map((weight) => weight / norm);
  let offset = 0;
  for (let i = 0; i < direction.length; i++) offset += (direction[i] * (upper[i] + lower[i])) / 2;
  return { direction, offset, ...(shrinkage === undefined ? {} : { shrinkage }) };
}

function solve(estimator: 'paper' | 'shrinkage', positive: Moments, negative: Moments, gap: Float64Array) {
  const count = positive.count + negative.count;
  const other = negative.scatter;
  const scatter = positive.scatter.map((value, i) => value + other[i]);
  if (estimator === 'paper') {
    const covariance = scatter.map((value) => value / (count - 2));
    return { weights: solvePseudoInverse(covariance, gap, SMALLEST_EIGENVALUE) };
  }
  const { covariance, shrinkage } = ledoitWolf(scatter, positive.fourth + negative.fourth, count);
  return { weights: solveCholesky(covariance, gap), shrinkage };
}
