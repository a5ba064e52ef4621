import type { Backend } from '@halfspace/core';

/** What was asked of a model while decoding. */
export interface TrunkCounts {
  /** Calls of the trunk. */
  calls: number;
  /** Candidates that were run in them. */
  rows: number;
}

/**
 * A backend that counts the calls of decoding. It has no end tokens, so that every completion gets the
 * length that was asked for and blocks can be compared.
 */
export function createCountingBackend(backend: Backend): { backend: Backend; counts: TrunkCounts } {
  const counts: TrunkCounts = { calls: 0, rows: 0 };
  const counting: Backend = {
    ...backend,
    tokenizer: { ...backend.tokenizer, endTokens: new Set() },
    async lookAhead(requests, options) {
      counts.calls++;
      counts.rows += requests.reduce((sum, { tokens }) => sum + tokens.length, 0);
      return backend.lookAhead(requests, options);
    },
  };
  return { backend: counting, counts };
}
