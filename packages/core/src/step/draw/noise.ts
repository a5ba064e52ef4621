import { philox } from './philox.js';

/** What the noise of one completion is keyed by. */
export interface NoiseKey {
  /** Integer from 0 to 2^53 − 1. */
  readonly seed: number;
  /** {@link hashTokens} of the prompt: a prompt has the same noise alone and in a list. */
  readonly prompt: number;
  /** Which completion of the prompt, from 0: the third of five is the third of ten. */
  readonly sample: number;
  /** Which attempt at it, from 0: below 2^11. */
  readonly attempt: number;
}

/**
 * Standard Gumbel noise for one candidate at one step, a pure function of its arguments. The argmax of
 * log p(x) + noise(x) is a draw from p (the Gumbel-max trick), whatever the order in which candidates
 * are looked at and whichever of them are looked at at all.
 */
export function gumbelNoise(key: NoiseKey, step: number, token: number): number {
  return -Math.log(-Math.log(uniform(key, step, token)));
}

/** The midpoint of one of 2^52 equal cells of (0, 1): never 0 or 1, and exact in a double. */
function uniform(key: NoiseKey, step: number, token: number): number {
  const words = philox(
    [token, step, key.sample, key.prompt],
    // A seed has 53 bits: the upper eleven are free.
    [key.seed >>> 0, Math.floor(key.seed / 2 ** 32) + key.attempt * 2 ** 21],
  );
  const cell = (words[0] >>> 6) * 2 ** 26 + (words[1] >>> 6);
  return (2 * cell + 1) / 2 ** 53;
}

/** A 32-bit hash of a token sequence, in order. */
export function hashTokens(tokens: readonly number[]): number {
  return tokens.reduce((hash, token, i) => philox([token, i, tokens.length, 0], [hash, 0])[0], 0);
}
