import type { Tokenizer } from '@halfspace/contracts';
import type { ReferredStep } from '../stages.js';

/** Those candidates that there is something to run of: with an end token the text stays as it is. */
export function withoutEndTokens(
  candidates: readonly number[],
  { reference }: ReferredStep,
  { endTokens }: Tokenizer,
): number[] {
  return candidates.filter((candidate) => !endTokens.has(reference.tokens[candidate]));
}
