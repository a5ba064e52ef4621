/**
 * Up to which margin a candidate is the better for it where nothing else is said, in log-odds: up to the boundary, so that
 * candidates inside the halfspace are equals, and one outside it is the less probable the farther out it lies.
 */
export const DEFAULT_CAP = 0;

/** What is known of the bonus of every candidate of a step before it is run through the model. */
export interface BonusBounds {
  /** What it is taken to be until then. */
  readonly expected: Float64Array;
  /** What it does not exceed. */
  readonly ceiling: Float64Array;
}

/**
 * The bonus of every candidate where margins count up to a cap: Σ weight · min(margin, cap), and with a negative weight
 * weight · max(margin, −cap). NaN where a margin that counts is.
 *
 * @param margins - For each attribute a column, those of all candidates; not looked at where the weight is 0.
 * @param weights - Nats per unit of margin, of each attribute.
 * @param candidates - Number of candidates.
 * @param cap - In units of margin.
 */
export function cappedBonus(
  margins: readonly Float64Array[],
  weights: ArrayLike<number>,
  candidates: number,
  cap: number,
): Float64Array {
  const bonus = new Float64Array(candidates);
  for (const [a, column] of margins.entries()) {
    const weight = weights[a];
    if (weight === 0) continue;
    for (let x = 0; x < candidates; x++) {
      bonus[x] += weight * (weight > 0 ? Math.min(column[x], cap) : Math.max(column[x], -cap));
    }
  }
  return bonus;
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
