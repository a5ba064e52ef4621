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
