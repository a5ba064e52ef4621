import { bonusOf, type Weighting } from './tilt.js';

/** What is known of a candidate's bonus before it is run through the model. */
export interface BonusBounds {
  /** The bonus of one that leaves all margins as they are. */
  readonly expected: number;
  /** What no bonus exceeds. */
  readonly ceiling: number;
}

/**
 * Bounds of a step's bonus when gains are capped: the weighted mean over the attributes of what a candidate adds to
 * the margins, or takes from those of negative weight, counts up to the cap. A loss counts in full, and one attribute's gain can make up for another's loss.
 *
 * @param before - Distances of the text before the candidates, finite where the weight is not 0.
 * @param cap - In units of margin, at least 0.
 */
export function boundBonus(before: Float64Array, attributes: readonly Weighting[], cap: number): BonusBounds {
  const columns = Array.from(before, (distance) => Float64Array.of(distance));
  const [expected] = bonusOf('calibrated', columns, attributes, 1);
  const weights = attributes.reduce((sum, { weight }) => sum + Math.abs(weight), 0);
  return { expected, ceiling: expected + weights * cap };
}

/** Bonuses that are at most the ceiling. */
export function capBonus(bonus: Float64Array, ceiling: number): Float64Array {
  return bonus.map((value) => Math.min(value, ceiling));
}
