import { cappedBonus, ceilingOf, type CappedWeighting } from '../bonus/cap.js';

/** What is known of the bonus of every candidate of a step before it is run through the model. */
export interface BonusBounds {
  /** What it is taken to be until then. */
  readonly expected: Float64Array;
  /** What it does not exceed. */
  readonly ceiling: Float64Array;
}

/**
 * What {@link cappedBonus} comes to for the margins expected, and at most; undefined where there is no limit.
 *
 * @param expected - For each attribute a column: the margins expected of all candidates, finite where the weight is not 0.
 */
export function boundBonus(
  expected: readonly Float64Array[],
  weightings: readonly CappedWeighting[],
  candidates: number,
): BonusBounds | undefined {
  const most = ceilingOf(weightings);
  if (most === Infinity) return undefined;
  const ceiling = new Float64Array(candidates).fill(most);
  return { expected: cappedBonus(expected, weightings, candidates), ceiling };
}
