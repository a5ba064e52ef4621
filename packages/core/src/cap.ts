/** What is known of the bonus of every candidate of a step before it is run through the model. */
export interface BonusBounds {
  /** What is expected of it. */
  readonly expected: Float64Array;
  /** What it does not exceed. */
  readonly ceiling: Float64Array;
}

/**
 * Bounds of a step's bonus when gains are capped: by how much a candidate's margins are better than expected, averaged over
 * the attributes by their weights, counts up to the cap. What is worse than expected counts in full, and one
 * attribute's gain can make up for another's loss.
 *
 * @param expected - For each attribute a column: the margins expected of all candidates, finite where the weight is not 0.
 * @param weights - Nats per unit of margin, of each attribute.
 * @param candidates - Number of candidates.
 * @param cap - In units of margin, at least 0.
 */
export function boundBonus(
  expected: readonly Float64Array[],
  weights: readonly number[],
  candidates: number,
  cap: number,
): BonusBounds {
  const bonus = new Float64Array(candidates);
  let room = 0;
  weights.forEach((weight, a) => {
    if (weight === 0) return;
    room += Math.abs(weight) * cap;
    for (let x = 0; x < candidates; x++) bonus[x] += weight * expected[a][x];
  });
  return { expected: bonus, ceiling: bonus.map((value) => value + room) };
}

/** Bonuses that are at most their ceilings. */
export function capBonus(bonus: Float64Array, { ceiling }: BonusBounds): Float64Array {
  return bonus.map((value, x) => Math.min(value, ceiling[x]));
}
