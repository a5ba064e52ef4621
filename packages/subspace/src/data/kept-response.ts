import { spacedPositions } from './measured-response.js';
import type { ResponseStates } from './response-states.js';

/** Most positions of a response whose hidden states are kept. */
const MOST_POSITIONS = 64;

/** Hidden states of a response that are there after the model has gone on. */
export interface KeptResponse extends ResponseStates {
  /** Tokens of the response, of which a long one keeps 64. */
  readonly length: number;
}

/** Copies the hidden states of a response at some layers; of a long one after 64 tokens, evenly spaced up to the last. */
export function keepResponse(
  response: ResponseStates,
  layers: readonly number[],
  width: number,
): KeptResponse {
  const { row } = response;
  const length = row.tokens.length - row.start;
  const positions = spacedPositions(length, MOST_POSITIONS);
  const kept = new Map(
    layers.map((layer) => {
      const states = response.hidden(layer);
      const copy = new Float32Array(positions.length * width);
      positions.forEach((at, i) => copy.set(states.subarray(at * width, (at + 1) * width), i * width));
      return [layer, copy] as const;
    }),
  );
  return {
    row,
    length,
    hidden(layer) {
      const states = kept.get(layer);
      if (states === undefined) throw new Error(`The states at layer ${layer} were not kept.`);
      return states;
    },
  };
}
