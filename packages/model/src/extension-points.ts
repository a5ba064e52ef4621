import { checkFields, defineExtensionPoint } from '@halfspace/core';
import type { Family } from './compile/architecture.js';
import type { Source } from './sources/source.js';

/** Families of models that can be compiled, by the name that model files have for them. */
export const MODEL_FAMILY = defineExtensionPoint<Family>('model family', {
  check: (value) => checkFields('model family', value, { name: 'string', describe: 'function' }),
  unknown: 'unsupported-model',
});

/** Places that models come from. They are asked in the order in which they are bound. */
export const MODEL_SOURCE = defineExtensionPoint<Source>('model source', {
  check: (value) => checkFields('model source', value, { name: 'string', find: 'function' }),
});
