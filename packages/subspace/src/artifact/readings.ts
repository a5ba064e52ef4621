import type { ModelInfo, Readings } from '@halfspace/core';

/** What a subspace says of the hidden states that it is fitted on; nothing where the model does not tell its arithmetic. */
export function readingsOf({ arithmetic }: Pick<ModelInfo, 'arithmetic'>): { readonly readings?: Readings } {
  return arithmetic === undefined
    ? {}
    : { readings: { arithmetic: arithmetic.states, layers: 'transformers' } };
}
