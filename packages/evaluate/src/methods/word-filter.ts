import { wordFilter as filterOf } from '@halfspace/core';
import { defineMethod } from './define-method.js';
import {
  generateOptions,
  METHOD_OPTIONS_SCHEMA,
  optionsLabel,
  optionsSeries,
  type MethodOptions,
} from './generate-options.js';
import { openDecoding } from './open-decoding.js';
import { steeringNames } from './steering.js';

/** Parameters of {@link wordFilter}. */
interface WordFilterParameters {
  /** Words and phrases that are never written. */
  readonly words: readonly string[];
  /** What else is done, as in the method `halfspace` (default: nothing). */
  readonly options?: MethodOptions;
}

/** A list of words that are never written, alone or with steering. */
export const wordFilter = defineMethod<WordFilterParameters>({
  kind: 'word-filter',
  schema: {
    type: 'object',
    additionalProperties: false,
    required: ['words'],
    properties: {
      words: { type: 'array', minItems: 1, items: { type: 'string', minLength: 1 } },
      options: METHOD_OPTIONS_SCHEMA,
    },
  },
  attributesOf: ({ options = {} }) => steeringNames(options),
  nameOf: ({ options = {} }) => `word filter ${optionsLabel(options)}`.trim(),
  seriesOf: ({ options = {} }) => `word filter ${optionsSeries(options)}`.trim(),
  open: async ({ words, options = {} }, model) =>
    openDecoding(model, { ...generateOptions(options), filters: [filterOf(words)] }),
});
