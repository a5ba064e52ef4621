import type { Way } from '../stages.js';
import { withoutEndTokens } from './without-end-tokens.js';

/** Runs the winner, once, where it is known before look-ahead. */
export function onlyWinner(chosen: number): Way['candidatesToRun'] {
  return (step, { tokenizer }) =>
    step.batches.length > 0 ? [] : withoutEndTokens([chosen], step, tokenizer);
}
