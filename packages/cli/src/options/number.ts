import { InvalidArgumentError } from 'commander';

/** Bounds of a number, both inclusive unless said otherwise. */
export interface Range {
  readonly min?: number;
  readonly max?: number;
  /** The number must be above this. */
  readonly above?: number;
}

/** A decimal number as people write it: no hexadecimal, no white space, nothing empty. */
const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The finite number that a text is, or NaN. */
export function readNumber(text: string): number {
  const value = DECIMAL.test(text) ? Number(text) : NaN;
  return Number.isFinite(value) ? value : NaN;
}

/** Makes a parser of an option's value: a number within a range. */
export function number(range: Range = {}): (text: string) => number {
  return (text) => check(readNumber(text), 'a number', range);
}

/** Makes a parser of an option's value: a whole number within a range. */
export function integer(range: Range = {}): (text: string) => number {
  return (text) => {
    const value = readNumber(text);
    return check(Number.isSafeInteger(value) ? value : NaN, 'a whole number', range);
  };
}

function check(value: number, what: string, { min = -Infinity, max = Infinity, above = -Infinity }: Range) {
  if (value >= min && value <= max && value > above) return value;
  const bounds = [
    ...(above > -Infinity ? [`above ${above}`] : []),
    ...(min > -Infinity ? [`of at least ${min}`] : []),
    ...(max < Infinity ? [`at most ${max}`] : []),
  ];
  throw new InvalidArgumentError([`It must be ${what}`, bounds.join(' and ')].join(' ').trim() + '.');
}
