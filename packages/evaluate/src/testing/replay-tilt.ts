import { gumbelNoise, hashTokens } from '../../../core/src/step/draw/noise.js';
import { toyLogits, toyTokenizer } from '../../../core/src/testing/toy-backend.js';

/** A completion of the toy, by definition. */
export interface Replay {
  readonly tokens: readonly number[];
  /** Sum over steps of KL(q‖p), nats. */
  readonly kl: number;
}

/** What is completed, and how. */
interface Replayed {
  readonly prompt: string;
  readonly seed: number;
  readonly sample: number;
  readonly maxTokens: number;
  readonly topK: number;
}

const END = toyTokenizer.vocabularySize - 1;

/**
 * Writes as softmax(logits + tilt) over the `topK` most probable tokens of the toy says, with its noise; no nucleus.
 *
 * @param tilt - Nats for a token after those of the completion.
 */
export function replayTilt(
  { prompt, seed, sample, maxTokens, topK }: Replayed,
  tilt: (tokens: readonly number[], token: number) => number,
): Replay {
  const before = toyTokenizer.encode(prompt);
  const key = { seed, prompt: hashTokens(before), sample, attempt: 0 };
  const tokens: number[] = [];
  let kl = 0;
  while (tokens.length < maxTokens && tokens.at(-1) !== END) {
    const logits = toyLogits([...before, ...tokens], -1);
    const best = [...logits.keys()].sort((a, b) => logits[b] - logits[a]).slice(0, topK);
    const p = softmax(best.map((token) => logits[token]));
    const q = softmax(best.map((token) => logits[token] + tilt(tokens, token)));
    kl += q.reduce((sum, each, i) => sum + each * Math.log(each / p[i]), 0);
    const drawn = best.map((token, i) => Math.log(q[i]) + gumbelNoise(key, tokens.length, token));
    tokens.push(best[drawn.indexOf(Math.max(...drawn))]);
  }
  return { tokens, kl };
}

function softmax(values: readonly number[]): number[] {
  const total = values.reduce((sum, value) => sum + Math.exp(value), 0);
  return values.map((value) => Math.exp(value) / total);
}
