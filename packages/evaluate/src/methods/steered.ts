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

/** Halfspace in any mode: its parameters are options of `generate`. */
export const steered = defineMethod<MethodOptions>({
  kind: 'halfspace',
  schema: METHOD_OPTIONS_SCHEMA,
  attributesOf: steeringNames,
  nameOf: (options) => optionsLabel(options) || 'halfspace',
  seriesOf: (options) => optionsSeries(options) || 'halfspace',
  open: async (options, model) => openDecoding(model, generateOptions(options)),
});
