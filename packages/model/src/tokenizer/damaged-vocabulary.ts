import { HalfspaceError } from '@halfspace/core';

/** The error for a tokenizer that contradicts itself. */
export function damagedVocabulary(name: string, what: string): HalfspaceError {
  return new HalfspaceError(
    'corrupt-model',
    `The vocabulary of ${name} is damaged: ${what}. Fetch the model again.`,
  );
}
