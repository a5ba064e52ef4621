import type { TracedCandidate } from '@halfspace/core';
import type { TracedCompletion } from './trace-line.js';

/** The margin of a candidate, in log-odds; undefined where it was not evaluated. */
export function marginOf(
  { margins }: Pick<TracedCandidate, 'margins'>,
  attribute: string,
): number | undefined {
  return Object.hasOwn(margins, attribute) ? margins[attribute] : undefined;
}

/** The margin of the text after each step, as {@link marginOf}. */
export function marginsOf({ steps }: TracedCompletion, attribute: string): (number | undefined)[] {
  return steps.map(({ candidates, chosen }) => marginOf(candidates[chosen], attribute));
}
