// A method of evaluation: plain decoding at another temperature. The schema is what checks a plan, wherever it comes from.
import { defineMethod, openDecoding } from '@halfspace/evaluate';

export const cautious = defineMethod({
  kind: 'cautious',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['temperature'],
    properties: { temperature: { type: 'number', minimum: 0, maximum: 2 } },
  },
  attributesOf: () => [],
  nameOf: ({ temperature }) => `cautious ${temperature}`,
  seriesOf: () => 'cautious',
  open: async ({ temperature }, model) => openDecoding(model, { temperature }),
});
