import type { CodeRange } from './rule.js';

/** First and last byte of each place. */
export type ByteRanges = readonly (readonly [first: number, last: number])[];

const LAST_OF_LENGTH = [0x7f, 0x7ff, 0xffff, 0x10ffff];

/**
 * A range of characters as UTF-8: each character of it is of exactly one of the sequences, byte by byte, and nothing else is.
 *
 * After Russ Cox, "Regular Expression Matching in the Wild" (2010), as the crate utf8-ranges does it.
 *
 * @param range - Without surrogates.
 */
export function utf8Sequences([first, last]: CodeRange): ByteRanges[] {
  const end = LAST_OF_LENGTH.find((each) => first <= each && each < last);
  if (end !== undefined) return [...utf8Sequences([first, end]), ...utf8Sequences([end + 1, last])];
  for (let places = 1; places < 4 && last > 0x7f; places++) {
    const rest = 2 ** (6 * places) - 1;
    const [low, high] = [first - (first & rest), last - (last & rest)];
    if (low === high) continue;
    const cut = (first & rest) !== 0 ? low + rest : (last & rest) !== rest ? high - 1 : undefined;
    if (cut !== undefined) return [...utf8Sequences([first, cut]), ...utf8Sequences([cut + 1, last])];
  }
  const lasts = bytesOf(last);
  return [bytesOf(first).map((byte, i) => [byte, lasts[i]] as const)];
}

function bytesOf(code: number): number[] {
  return [...new TextEncoder().encode(String.fromCodePoint(code))];
}
