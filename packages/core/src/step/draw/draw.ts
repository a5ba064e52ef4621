import { gumbelNoise, type NoiseKey } from './noise.js';

/** Which noise a step draws with. */
export interface StepNoise {
  readonly key: NoiseKey;
  readonly step: number;
}

/** A temperature beyond which all candidates are as likely anyway; noise times it is finite. */
const HOTTEST = 2 ** 1000;

/**
 * Log-probabilities plus Gumbel noise times a temperature: the largest is a draw from their distribution at this temperature, p^(1/T)
 * normalised (the Gumbel-max trick). With a bonus added to each, the largest is a draw from the re-weighted one, q^(1/T)
 * normalised. At temperature 0 they stay as they are, and the largest is the most probable.
 */
export function perturb(
  logProbs: Float64Array,
  tokens: Int32Array,
  { key, step }: StepNoise,
  temperature = 1,
): Float64Array {
  if (temperature === 0) return logProbs;
  const scale = Math.min(temperature, HOTTEST);
  return logProbs.map((logProb, i) => logProb + scale * gumbelNoise(key, step, tokens[i]));
}

/**
 * The index of the largest sum of perturbed log-probability and bonus; ties go to the first. Sums are compared as if they were
 * exact, so that beside bonuses of any size the other part still counts where those are equal.
 *
 * @param bonus - NaN for candidates that cannot win.
 */
export function winnerOf(perturbed: Float64Array, bonus: Float64Array): number {
  let winner = 0;
  let best = -Infinity;
  let rest = 0;
  perturbed.forEach((value, i) => {
    const sum = value + bonus[i];
    if (!(sum >= best)) return;
    const lost = lostIn(value, bonus[i], sum);
    if (sum > best || lost > rest) {
      winner = i;
      best = sum;
      rest = lost;
    }
  });
  return winner;
}

/** What rounding has taken from a sum of two numbers, exactly (Knuth's TwoSum). */
function lostIn(a: number, b: number, sum: number): number {
  const kept = sum - a;
  return a - (sum - kept) + (b - kept);
}
