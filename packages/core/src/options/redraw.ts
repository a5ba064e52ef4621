import type { ByNameOrNot } from './by-name.js';

/** When a finished completion is drawn anew. */
export interface Redraw<Name extends string = string> {
  /** Least mean margin over the tokens of a completion, for each attribute, in log-odds. */
  readonly ifMeanBelow: ByNameOrNot<Name, number>;
  /** Most attempts at a completion, the first included. */
  readonly maxAttempts: number;
}

/** JSON Schema of a {@link Redraw}. */
export const REDRAW_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['ifMeanBelow', 'maxAttempts'],
  properties: {
    ifMeanBelow: { type: 'object', minProperties: 1, additionalProperties: { type: 'number' } },
    // The noise of attempts is keyed by their number, which has eleven bits.
    maxAttempts: { type: 'integer', minimum: 1, maximum: 2 ** 11 },
  },
} as const;
