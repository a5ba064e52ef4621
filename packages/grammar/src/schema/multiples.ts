import { chars, choice, optional, repeat, type Rule, sequence, text } from '../rule/rule.js';
import { type Bounds, MOST_DIGITS } from './integers.js';

/** The most multiples that are written out. */
const MOST_MULTIPLES = 1000n;
/** Last digits that are looked at. */
const MOST_TAIL = 3;

const LARGEST = 10n ** BigInt(MOST_DIGITS) - 1n;

/** `a / b`, up. */
export function ceilDivide(a: bigint, b: bigint): bigint {
  const quotient = a / b;
  return a % b > 0n ? quotient + 1n : quotient;
}

/**
 * Multiples of a number: those of any size where there is no bound and their last digits tell them, such as those of 5; else the
 * first thousand from a bound on, or from 0.
 *
 * @param bounds - Of the number without a point, both inside.
 * @param step - Above 0, in the same units.
 * @param decimals - How many digits are behind the point.
 */
export function multiples({ min, max }: Bounds, step: bigint, decimals = 0): Rule {
  const isFree = max === undefined && (min === undefined || (min <= 0n && min > -step));
  const length = tailLength(step, decimals);
  if (isFree && length !== undefined) {
    const positive = anyMultiple(step, length, decimals);
    const zero = text(written(0n, decimals));
    return choice(zero, min === undefined ? sequence(optional(text('-')), positive) : positive);
  }
  const reach = step * MOST_MULTIPLES;
  if (min === undefined && max === undefined) return listed(-reach / 2n, reach / 2n, step, decimals);
  const from = min ?? (max as bigint) - reach;
  const to = max === undefined || max > from + reach ? from + reach : max;
  return listed(from, to, step, decimals);
}

function listed(min: bigint, max: bigint, step: bigint, decimals: number): Rule {
  const found: Rule[] = [];
  for (let each = ceilDivide(min, step) * step; each <= max; each += step)
    if (each <= LARGEST && each >= -LARGEST) found.push(text(written(each, decimals)));
  return choice(...found);
}

/** How many last digits tell a multiple. */
function tailLength(step: bigint, decimals: number): number | undefined {
  for (let length = decimals; length <= MOST_TAIL; length++)
    if (10n ** BigInt(length) % step === 0n) return length;
  return undefined;
}

/** Those above 0. */
function anyMultiple(step: bigint, length: number, decimals: number): Rule {
  const most = 10n ** BigInt(length);
  const tails: Rule[] = [];
  for (let each = 0n; each < most; each += step)
    tails.push(text(pointed(length === 0 ? '' : String(each).padStart(length, '0'), decimals)));
  const head = sequence(chars([0x31, 0x39]), repeat(chars([0x30, 0x39]), 0, MOST_DIGITS - 1 - length));
  return choice(listed(step, most - 1n, step, decimals), sequence(head, choice(...tails)));
}

function written(value: bigint, decimals: number): string {
  const digits = String(value < 0n ? -value : value).padStart(decimals + 1, '0');
  return `${value < 0n ? '-' : ''}${pointed(digits, decimals)}`;
}

/** With a point, if any digits but zeros stand behind it. */
function pointed(digits: string, decimals: number): string {
  if (decimals === 0) return digits;
  return `${digits.slice(0, -decimals)}.${digits.slice(-decimals)}`.replace(/\.?0+$/, '');
}
