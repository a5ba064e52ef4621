import { gumbelNoise, type NoiseKey } from './noise.js';

/**
 * The index of the winner: the argmax of log-probability plus Gumbel noise, which is a draw from the
 * distribution (the Gumbel-max trick); without noise, the most probable. Ties go to the first.
 */
export function draw(
  logProbs: Float64Array,
  tokens: Int32Array,
  noise: { readonly key: NoiseKey; readonly step: number } | undefined,
): number {
  let winner = 0;
  let best = -Infinity;
  for (let i = 0; i < tokens.length; i++) {
    const score = logProbs[i] + (noise === undefined ? 0 : gumbelNoise(noise.key, noise.step, tokens[i]));
    if (score > best) {
      best = score;
      winner = i;
    }
  }
  return winner;
}
