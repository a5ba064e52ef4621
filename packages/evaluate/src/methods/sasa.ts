import { defineMethod } from './define-method.js';
import { openDecoding } from './open-decoding.js';

/** Parameters of {@link sasa}. */
interface SasaParameters {
  readonly attribute: string;
  /** β of the paper: nats per unit of soft-maxed margin. */
  readonly beta: number;
}

/**
 * SASA as its paper has it (Ko et al., arXiv 2410.03818): the margins of the candidates of a step, soft-maxed, times β.
 * The paper's main results have β = 500.
 */
export const sasa = defineMethod<SasaParameters>({
  kind: 'sasa',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['attribute', 'beta'],
    properties: { attribute: { type: 'string' }, beta: { type: 'number', minimum: 0 } },
  },
  attributesOf: ({ attribute }) => [attribute],
  nameOf: ({ attribute, beta }) => `SASA ${attribute} ${beta}`,
  seriesOf: ({ attribute }) => `SASA ${attribute}`,
  open: async ({ attribute, beta }, model) =>
    openDecoding(model, { weights: { [attribute]: beta }, bonus: 'softmax' }),
});
