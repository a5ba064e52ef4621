import type { Halfspace } from '../create-halfspace.js';
import type { TuneOptions } from './tune-options.js';
import type { Tuning } from './tuning.js';

/**
 * Finds weights for a goal: fixed ones, which leave look-ahead lazy. The prompts are completed with all candidates
 * looked at; the weights are what brings these steps to the goal when all share them, margins counted as decoding counts
 * them. As other weights write another text, it is done again with what was found, up to three rounds, until the
 * completions come to the goal: within 5 % of the nats, or 0.05 of every level.
 *
 * @typeParam Name - Names of the attributes; leave it to be inferred.
 * @throws HalfspaceError `out-of-reach` where no weight comes to the goal, saying what can be had; `bad-option`, and
 * what `generate` throws; the error of a completion that ended with one
 */
export async function tuneWeights<Name extends string>(
  halfspace: Halfspace<Name>,
  options: TuneOptions<NoInfer<Name>>,
): Promise<Tuning<Name>>;
export async function tuneWeights(halfspace: Halfspace, options: TuneOptions): Promise<Tuning> {
  // Most programs never tune, and its optimisers are a tenth of what core would load.
  const { findWeights } = await import('./find-weights.js');
  return findWeights(halfspace, options);
}
