import { TOGETHER, tuningRounds, waysOf } from './bench-cases.js';
import type { BenchFlags } from './flags.js';

/** Share of the rounds of tuning that is needed as a rule: weights are often right before the last. */
const ROUNDS_NEEDED = 0.7;

/**
 * About how many seconds `halfspace bench` takes.
 *
 * @param ms - What a token takes with all candidates run, in milliseconds: of one completion, and of one among those that
 * weights are tuned on.
 */
export function secondsOf(
  { rounds, tokens }: Pick<BenchFlags, 'rounds' | 'tokens'>,
  attributes: number,
  ms: { readonly alone: number; readonly together: number },
): number {
  const tuned = tuningRounds({ rounds });
  const ways = waysOf(attributes);
  const tuning = ROUNDS_NEEDED * tuned.rounds * tuned.samples * ms.together;
  const timing = (rounds + 1) * (ways.alone * ms.alone + ways.together * TOGETHER * ms.together);
  return (tokens * (tuning + timing)) / 1000;
}

/** Seconds in words, as one would guess them: `40 s`, `3 minutes`, `2 hours`. */
export function roughly(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds / 10) * 10} s`;
  return seconds < 6000 ? `${Math.round(seconds / 60)} minutes` : `${Math.round(seconds / 3600)} hours`;
}
