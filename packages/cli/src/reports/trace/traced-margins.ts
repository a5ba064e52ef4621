import { marginOf } from '@halfspace/playground/parts';
import type { TracedCompletion } from './trace-line.js';

export { marginOf };

/** The margin of the text after each step, as {@link marginOf}. */
export function marginsOf({ steps }: TracedCompletion, attribute: string): (number | undefined)[] {
  return steps.map(({ candidates, chosen }) => marginOf(candidates[chosen], attribute));
}
