/** When a finished completion is drawn anew. */
export interface Redraw {
  /** Least mean margin over the tokens of a completion, for each attribute, in log-odds. */
  readonly below: Readonly<Record<string, number>>;
  /** Most drafts of a completion, the first included. */
  readonly drafts: number;
}

/** JSON Schema of a {@link Redraw}. */
export const REDRAW_SCHEMA = {
  type: 'object',
  additionalProperties: false,
  required: ['below', 'drafts'],
  properties: {
    below: { type: 'object', minProperties: 1, additionalProperties: { type: 'number' } },
    // The noise of drafts is keyed by their number, which has eleven bits.
    drafts: { type: 'integer', minimum: 1, maximum: 2 ** 11 },
  },
} as const;
