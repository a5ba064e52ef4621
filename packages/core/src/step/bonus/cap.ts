/** A weight with how far margins count for it. */
export interface CappedWeighting {
  /** Nats per unit of margin; below 0 steers away. */
  readonly weight: number;
  /** Up to which margin a candidate is the better for it, in log-odds, at least 0; Infinity for no limit. */
  readonly cap: number;
}

/** The largest bonus of either sign: sums and differences of two of them are still finite. */
const LARGEST = 2 ** 1022;

/**
 * The bonus of every candidate: Σ weight · min(margin, cap), and with a negative weight weight · max(margin, −cap). NaN where a
 * margin that counts is. It ends at ±2^1022, where all that is as large counts as equal.
 *
 * @param margins - For each attribute a column, those of all candidates; not looked at where the weight is 0.
 * @param weightings - Of each attribute.
 * @param candidates - Number of candidates.
 * @beta
 */
export function cappedBonus(
  margins: readonly Float64Array[],
  weightings: readonly CappedWeighting[],
  candidates: number,
): Float64Array {
  const bonus = new Float64Array(candidates);
  for (const [a, column] of margins.entries()) {
    const { weight, cap } = weightings[a];
    if (weight === 0) continue;
    for (let x = 0; x < candidates; x++) {
      const counted = weight > 0 ? Math.min(column[x], cap) : Math.max(column[x], -cap);
      bonus[x] = bounded(bonus[x] + bounded(weight * counted));
    }
  }
  return bonus;
}

/** The most that {@link cappedBonus} can be: Infinity where a weight has no cap. */
export function ceilingOf(weightings: readonly CappedWeighting[]): number {
  if (weightings.some(({ weight, cap }) => weight !== 0 && cap === Infinity)) return Infinity;
  // In the order of the sum above, so that rounding does not put a bonus above it.
  return weightings.reduce(
    (sum, { weight, cap }) => (weight === 0 ? sum : bounded(sum + bounded(Math.abs(weight) * cap))),
    0,
  );
}

/** A bonus that may be too large, or NaN. */
export function bounded(bonus: number): number {
  return Math.min(Math.max(bonus, -LARGEST), LARGEST);
}
