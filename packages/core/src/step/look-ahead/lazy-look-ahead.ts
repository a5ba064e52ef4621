import type { BonusBounds } from './bonus-bounds.js';

/**
 * The candidates to run next, so that the winner is that of running all: those that would still be in
 * question if every candidate did to the margins what is expected of it. None when nothing left can win.
 *
 * Of a candidate that has not been run it is known that its bonus is at most its ceiling. It is out of the race once
 * another one has more than it would have then. Rounding does no harm: a rounded sum grows with its terms.
 *
 * @param perturbed - Log-probability plus noise of each candidate ({@link perturb}), at any temperature.
 * @param bonus - Bonus of each, at most its ceiling; NaN where it is not known yet.
 */
export function candidatesToRun(
  perturbed: Float64Array,
  bonus: Float64Array,
  { expected, ceiling }: BonusBounds,
): number[] {
  let bar = -Infinity;
  perturbed.forEach((value, i) => {
    bar = Math.max(bar, value + (Number.isNaN(bonus[i]) ? expected[i] : bonus[i]));
  });
  return [...perturbed.keys()].filter((i) => Number.isNaN(bonus[i]) && perturbed[i] + ceiling[i] >= bar);
}

/**
 * An estimate of KL(q‖p) from the draw alone, where the bonus of most candidates is not known: how far the
 * winner lies behind the one that the same noise draws without a bonus. Never negative, and right on average.
 *
 * For with scores s = log p + bonus and noise G, the largest s + G is Gumbel noise about the log of Σ exp s, whichever
 * candidate has it. So log p + G of the winner is γ + log Σ exp s − E_q[bonus] on average, which is γ − KL(q‖p), and
 * the largest log p + G is γ.
 */
export function estimateDivergence(perturbed: Float64Array, winner: number): number {
  const unsteered = perturbed.reduce((most, value) => Math.max(most, value));
  return unsteered - perturbed[winner];
}
