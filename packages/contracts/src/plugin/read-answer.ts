import { describeValue } from '../complaint-of.js';

/** What is expected of an answer, for messages. */
export interface ExpectedAnswer {
  /** What its items are, e.g. `margins`. */
  readonly items: string;
  /** What there is one for each of, e.g. `candidates`. */
  readonly subjects: string;
  /** How many of those there are. */
  readonly count: number;
}

/**
 * The items of an answer of somebody else's code, copied: each is read once, so that what was checked is what is used, whatever
 * the list does afterwards or with its next answer. Nothing of it is read before its length is as expected.
 *
 * @param answer - Anything.
 * @throws Error saying what is wrong, and whatever reading the answer throws
 */
export function readAnswer(answer: unknown, { items, subjects, count }: ExpectedAnswer): unknown[] {
  if (!isList(answer)) throw new TypeError(`it gave ${describeValue(answer)} and not a list of ${items}`);
  const { length } = answer;
  if (length !== count)
    throw new RangeError(`it gave ${describeValue(length)} ${items} for ${count} ${subjects}`);
  return Array.from({ length: count }, (_, i) => answer[i]);
}

function isList(value: unknown): value is ArrayLike<unknown> {
  return Array.isArray(value) || (ArrayBuffer.isView(value) && !(value instanceof DataView));
}
