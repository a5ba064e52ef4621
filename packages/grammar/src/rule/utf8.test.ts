import fc from 'fast-check';
import { expect, test } from 'vitest';
import { utf8Sequences } from './utf8.js';

const code = fc.integer({ min: 0, max: 0x10ffff }).filter((each) => each < 0xd800 || each > 0xdfff);

test('sequences of bytes are exactly those of the characters', () => {
  const isIn = (range: readonly [number, number], each: number) => {
    const bytes = new TextEncoder().encode(String.fromCodePoint(each));
    const found = utf8Sequences(range).filter(
      (sequence) =>
        sequence.length === bytes.length &&
        sequence.every(([first, last], i) => first <= bytes[i] && bytes[i] <= last),
    );
    return found.length;
  };
  fc.assert(
    fc.property(code, code, code, (a, b, each) => {
      const first = Math.min(a, b);
      const last = Math.max(a, b);
      fc.pre(last < 0xd800 || first > 0xdfff);
      for (const probe of [each, first, last, first - 1, last + 1]) {
        if (probe < 0 || probe > 0x10ffff || (probe >= 0xd800 && probe <= 0xdfff)) continue;
        expect(isIn([first, last], probe)).toBe(first <= probe && probe <= last ? 1 : 0);
      }
    }),
    { numRuns: 2000 },
  );
});
