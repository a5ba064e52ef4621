import type { Backend } from '@halfspace/core';

/** Calls of the trunk while decoding. */
export interface TrunkCalls {
  /** How many there were. */
  calls: number;
}

/**
 * A backend that counts the calls of decoding. It has no end tokens, so that every completion gets the
 * length that was asked for and blocks can be compared.
 */
export function createCountingBackend(backend: Backend): { backend: Backend; counts: TrunkCalls } {
  const counts: TrunkCalls = { calls: 0 };
  const counting: Backend = {
    ...backend,
    tokenizer: { ...backend.tokenizer, endTokens: new Set() },
    async lookAhead(requests) {
      counts.calls++;
      return backend.lookAhead(requests);
    },
  };
  return { backend: counting, counts };
}
