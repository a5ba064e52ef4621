import { chars, choice, codeOf, NEVER, repeat, type Rule, sequence, text } from '../rule/rule.js';

/** Digits of the largest number that is written: all whole numbers of so many digits are exact doubles. */
export const MOST_DIGITS = 15;

const LARGEST = 10n ** BigInt(MOST_DIGITS) - 1n;

/** Where a range of numbers ends; without a bound as far as numbers are written. */
export interface Bounds {
  readonly min?: bigint | undefined;
  readonly max?: bigint | undefined;
}

/**
 * Whole numbers in a range, with a point before their last digits.
 *
 * @param bounds - Of the number without a point, both inside.
 * @param decimals - How many digits are behind the point; without any there is no point.
 */
export function integers({ min = -LARGEST, max = LARGEST }: Bounds, decimals = 0): Rule {
  const low = min < -LARGEST ? -LARGEST : min;
  const high = max > LARGEST ? LARGEST : max;
  const below = low < 0n ? between(high < 0n ? -high : 1n, -low, decimals) : NEVER;
  const above = high >= 0n ? between(low > 0n ? low : 0n, high, decimals) : NEVER;
  return choice(sequence(text('-'), below), above);
}

/** From one number to another one, neither negative; leading zeros only where they stand before the point. */
function between(low: bigint, high: bigint, decimals: number): Rule {
  if (low > high) return NEVER;
  const digitsOf = (value: bigint) => String(value).padStart(decimals + 1, '0');
  const rules: Rule[] = [];
  for (let length = digitsOf(low).length; length <= digitsOf(high).length; length++) {
    const least = length === decimals + 1 ? 0n : 10n ** BigInt(length - 1);
    const most = 10n ** BigInt(length) - 1n;
    const first = low > least ? low : least;
    const last = high < most ? high : most;
    rules.push(sameLength(digitsOf(first), digitsOf(last), decimals));
  }
  return choice(...rules);
}

/** Numbers of as many digits as both bounds have. */
function sameLength(low: string, high: string, decimals: number): Rule {
  const rest = low.length - 1;
  if (rest < 0) return text('');
  const point = text(low.length === decimals && decimals > 0 ? '.' : '');
  if (low[0] === high[0])
    return sequence(point, text(low[0]), sameLength(low.slice(1), high.slice(1), decimals));
  const zeros = '0'.repeat(rest);
  const nines = '9'.repeat(rest);
  const opens = low.slice(1) === zeros ? 0 : 1;
  const closes = high.slice(1) === nines ? 0 : 1;
  const middle = digits(Number(low[0]) + opens, Number(high[0]) - closes);
  const inside = sequence(middle, any(rest, decimals));
  const first = sequence(text(low[0]), sameLength(low.slice(1), nines, decimals));
  const last = sequence(text(high[0]), sameLength(zeros, high.slice(1), decimals));
  return sequence(point, choice(...(opens ? [first] : []), inside, ...(closes ? [last] : [])));
}

/** Any digits, with the point where it belongs. */
function any(count: number, decimals: number): Rule {
  const digit = digits(0, 9);
  if (decimals === 0 || count < decimals) return repeat(digit, count, count);
  return sequence(
    repeat(digit, count - decimals, count - decimals),
    text('.'),
    repeat(digit, decimals, decimals),
  );
}

function digits(first: number, last: number): Rule {
  return first > last ? NEVER : chars([codeOf('0') + first, codeOf('0') + last]);
}
