import { InvalidArgumentError } from 'commander';
import { readNumber } from './number.js';

/** A comparison with a number, such as `<=0.25`. */
export interface Condition {
  /** As the user wrote it. */
  readonly text: string;
  /** The number that is compared with. */
  readonly bound: number;
  holds(value: number): boolean;
}

const COMPARISONS: ReadonlyMap<string, (value: number, bound: number) => boolean> = new Map([
  ['<=', (value, bound) => value <= bound],
  ['>=', (value, bound) => value >= bound],
  ['<', (value, bound) => value < bound],
  ['>', (value, bound) => value > bound],
  ['=', (value, bound) => value === bound],
]);

/**
 * Reads a comparison: one of `<=`, `>=`, `<`, `>` and `=`, then a number.
 *
 * @throws InvalidArgumentError
 */
export function parseCondition(text: string): Condition {
  const [, sign, number] = /^\s*([<>]=?|=)\s*(\S+)\s*$/.exec(text) ?? [];
  const compare = COMPARISONS.get(sign);
  const bound = readNumber(number ?? '');
  if (compare === undefined || Number.isNaN(bound)) {
    throw new InvalidArgumentError(
      "It must be a comparison with a number, in quotes: '<=0.25', '>=0.5' or '=1'.",
    );
  }
  return { text: `${sign}${bound}`, bound, holds: (value) => compare(value, bound) };
}
