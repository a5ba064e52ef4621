import { gumbelNoise, type NoiseKey } from './noise.js';

/** Which noise a step draws with. */
export interface StepNoise {
  readonly key: NoiseKey;
  readonly step: number;
}

/**
 * Log-probabilities plus Gumbel noise: the largest is a draw from the distribution (the Gumbel-max trick),
 * and with a bonus added to each, the largest is a draw from the re-weighted one. Without noise they stay
 * as they are, and the largest is the most probable.
 */
export function perturb(
  logProbs: Float64Array,
  tokens: Int32Array,
  noise: StepNoise | undefined,
): Float64Array {
  if (noise === undefined) return logProbs;
  return logProbs.map((logProb, i) => logProb + gumbelNoise(noise.key, noise.step, tokens[i]));
}

/**
 * The index of the largest sum of perturbed log-probability and bonus; ties go to the first.
 *
 * @param bonus - NaN for candidates that cannot win.
 */
export function winnerOf(perturbed: Float64Array, bonus: Float64Array): number {
  let winner = 0;
  let best = -Infinity;
  perturbed.forEach((value, i) => {
    if (value + bonus[i] > best) {
      best = value + bonus[i];
      winner = i;
    }
  });
  return winner;
}
