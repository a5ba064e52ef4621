import { HalfspaceError } from '@halfspace/contracts';
import { withinTime } from '@halfspace/core';
import { determinise, TooLarge } from './rule/automaton.js';
import { prune } from './rule/productive.js';
import type { Grammar } from './rule/rule.js';
import { writeEbnf } from './rule/write-ebnf.js';

/** Milliseconds to make a grammar ready for the library; it usually takes a few. */
const MOST_MS = 1000;
/** States of all rules. */
const MOST_STATES = 20_000;

/**
 * A grammar as text, as the library reads it without fault: what can have no end is left out.
 *
 * @param make - Makes the grammar.
 * @param what - What it is made of, for messages, such as `JSON Schema`.
 * @param code - Of errors.
 * @throws HalfspaceError of that code where no text has an end or it is too large; whatever `make` throws
 */
export function grammarText(make: () => Grammar, what: string, code: 'bad-schema' | 'bad-grammar'): string {
  const refusal = (fault: string) => new HalfspaceError(code, `The ${what} ${fault}.`);
  const write = () => {
    const pruned = prune(make());
    if (!pruned.has('root')) throw refusal('is met by no text that has an end');
    try {
      return writeEbnf(determinise(pruned, MOST_STATES));
    } catch (error) {
      if (error instanceof TooLarge)
        throw refusal('is too large: it counts too far, or has too many alternatives. Make it smaller');
      throw error;
    }
  };
  return withinTime(MOST_MS, write, () =>
    refusal(`is not read after ${MOST_MS} ms, because it is too large. Make it smaller`),
  );
}
