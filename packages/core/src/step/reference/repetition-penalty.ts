/**
 * The logit of a token that the text already has, made less likely: divided by the penalty where
 * positive, multiplied where negative (Keskar et al. 2019, "CTRL", section 4.1, as Hugging Face's
 * `RepetitionPenaltyLogitsProcessor` reads it).
 *
 * @param logit - Raw logit; the rule depends on its sign, so a log-probability will not do.
 * @param penalty - Above 1 discourages repetition, 1 leaves everything as it is, below 1 encourages it.
 */
export function penaliseRepetition(logit: number, penalty: number): number {
  return logit > 0 ? logit / penalty : logit * penalty;
}
