import type { BoundAttribute } from './bound-attributes.js';
import type { TracedStep } from './completion.js';
import type { Tokenizer } from './contracts/tokenizer.js';
import { marginOf } from './margins.js';
import type { Reference } from './reference-distribution.js';

/** What a trace shows of a step. */
export interface StepRecord {
  readonly reference: Reference;
  /** For each attribute, the distances of all candidates; NaN where not evaluated. */
  readonly distances: readonly Float64Array[];
  readonly logQ: Float64Array;
  readonly chosen: number;
  readonly kl: number;
}

/** A step as a trace shows it, but for its number. */
export function tracedStep(
  { reference, distances, logQ, chosen, kl }: StepRecord,
  attributes: readonly BoundAttribute[],
  tokenizer: Tokenizer,
): Omit<TracedStep, 'step'> {
  const candidates = Array.from(reference.tokens, (token, i) => {
    const margins = attributes.flatMap(({ name, calibration }, a) => {
      const distance = distances[a][i];
      return Number.isNaN(distance) ? [] : [[name, marginOf(calibration, distance)]];
    });
    return {
      token,
      text: new TextDecoder().decode(tokenizer.bytes(token)),
      reference: Math.exp(reference.logReference[i]),
      margins: Object.fromEntries(margins) as Record<string, number>,
      probability: Math.exp(logQ[i]),
    };
  });
  return { candidates, chosen, kl };
}
