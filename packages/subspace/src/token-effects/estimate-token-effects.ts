import type { Prediction } from '@halfspace/core';

/** What a token did to a distance. */
export interface Transition {
  /** The token. */
  readonly token: number;
  /** Distance after it less that before it. */
  readonly change: number;
  /** Level of the text, its mean distance so far, less the distance before the token. */
  readonly back: number;
}

/** A token has as much of its own effect as of the mean of all when it was seen so often. */
const FAMILIAR = 3;
/** Effects and reversion are fitted in turns until neither moves. */
const ROUNDS = 50;

/**
 * Fits a prediction by penalised least squares: `change = mean + effect[token] + reversion · back`, with a penalty of
 * {@link FAMILIAR} on the squares of the effects, so that a token which was seen rarely is expected to do what most do.
 *
 * @param vocabulary - Number of tokens.
 */
export function estimateTokenEffects(transitions: readonly Transition[], vocabulary: number): Prediction {
  const counts = new Float64Array(vocabulary);
  const changes = new Float64Array(vocabulary);
  const backs = new Float64Array(vocabulary);
  let [squares, products] = [0, 0];
  for (const { token, change, back } of transitions) {
    counts[token]++;
    changes[token] += change;
    backs[token] += back;
    squares += back * back;
    products += back * change;
  }
  const [change, back] = [changes, backs].map((sums) => sums.reduce((a, b) => a + b, 0));
  const effects = new Float64Array(vocabulary);
  let [mean, reversion] = [0, 0];
  for (let round = 0; round < ROUNDS; round++) {
    const explained = effects.reduce((sum, effect, token) => sum + effect * counts[token], 0);
    mean = (change - reversion * back - explained) / Math.max(1, transitions.length);
    for (let token = 0; token < vocabulary; token++) {
      const left = changes[token] - mean * counts[token] - reversion * backs[token];
      effects[token] = left / (counts[token] + FAMILIAR);
    }
    const taken = effects.reduce((sum, effect, token) => sum + effect * backs[token], mean * back);
    reversion = squares > 0 ? Math.min(1, Math.max(0, (products - taken) / squares)) : 0;
  }
  return { tokenEffects: Float32Array.from(effects, (effect) => mean + effect), meanReversion: reversion };
}

/**
 * The share of the squared changes that a prediction explains, which is negative where expecting no change is
 * better.
 *
 * @param transitions - Others than it was fitted on, to learn anything.
 */
export function explainedBy(
  { tokenEffects, meanReversion }: Prediction,
  transitions: readonly Transition[],
): number {
  let [missed, all] = [0, 0];
  for (const { token, change, back } of transitions) {
    missed += (change - tokenEffects[token] - meanReversion * back) ** 2;
    all += change ** 2;
  }
  return all > 0 ? 1 - missed / all : 0;
}
