import { defineMethod } from './define-method.js';
import { openDecoding } from './open-decoding.js';

/** The model as it is. */
export const plain = defineMethod<Record<string, never>>({
  kind: 'plain',
  schema: { type: 'object', additionalProperties: false, properties: {} },
  attributesOf: () => [],
  nameOf: () => 'plain',
  seriesOf: () => 'plain',
  open: async (_, model) => openDecoding(model, {}),
});
