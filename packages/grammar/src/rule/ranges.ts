import { type CodeRange, codeOf } from './rule.js';

/** Every character that UTF-8 can write. */
export const ALL_CHARACTERS: readonly CodeRange[] = [
  [0, 0xd7ff],
  [0xe000, 0x10ffff],
];

/** Characters that are in both. */
export function intersectRanges(some: readonly CodeRange[], others: readonly CodeRange[]): CodeRange[] {
  return some.flatMap(([first, last]) =>
    others.flatMap(([from, to]): CodeRange[] => {
      const range: CodeRange = [Math.max(first, from), Math.min(last, to)];
      return range[0] <= range[1] ? [range] : [];
    }),
  );
}

/** Characters that are in none of them. */
export function otherRanges(ranges: readonly CodeRange[]): CodeRange[] {
  const sorted = [...ranges].sort(([a], [b]) => a - b);
  const others: CodeRange[] = [];
  let next = 0;
  for (const [first, last] of sorted) {
    if (first > next) others.push([next, first - 1]);
    next = Math.max(next, last + 1);
  }
  if (next <= 0x10ffff) others.push([next, 0x10ffff]);
  return intersectRanges(others, ALL_CHARACTERS);
}

/** From one character to another one. */
export function span(first: string, last: string): CodeRange {
  return [codeOf(first), codeOf(last)];
}
