import { cappedBonus } from '../bonus/cap.js';

/** What is known of the bonus of every candidate of a step before it is run through the model. */
export interface BonusBounds {
  /** What it is taken to be until then. */
  readonly expected: Float64Array;
  /** What it does not exceed. */
  readonly ceiling: Float64Array;
}

/**
 * What {@link cappedBonus} comes to for the margins expected, and at most.
 *
 * @param expected - For each attribute a column: the margins expected of all candidates, finite where the weight is not 0.
 * @param cap - Finite.
 */
export function boundBonus(
  expected: readonly Float64Array[],
  weights: readonly number[],
  candidates: number,
  cap: number,
): BonusBounds {
  const ceiling = new Float64Array(candidates);
  // In the order of the sum above, so that rounding does not put a bonus above it.
  for (const weight of weights) {
    if (weight !== 0) ceiling.forEach((sum, x) => (ceiling[x] = sum + Math.abs(weight) * cap));
  }
  return { expected: cappedBonus(expected, weights, candidates, cap), ceiling };
}
