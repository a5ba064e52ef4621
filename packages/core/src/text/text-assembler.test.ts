import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createTextAssembler } from './text-assembler.js';

const piece = fc.oneof(
  fc.uint8Array({ maxLength: 5 }),
  // Characters of one to four bytes, whole and cut.
  fc
    .tuple(
      fc.constantFrom('a', 'b', 'é', '€', '😀', '\uFEFF', 'ab'),
      fc.nat(3),
      fc.integer({ min: 1, max: 4 }),
    )
    .map(([text, start, size]) => new TextEncoder().encode(text).slice(start, start + size)),
);
const cases = fc.record({
  pieces: fc.array(piece, { maxLength: 12 }),
  stop: fc.array(fc.constantFrom('ab', 'bb', 'aé', '€', 'aab'), { maxLength: 3 }),
});

/** The text of the bytes up to the first stop string. */
function expected(pieces: readonly Uint8Array[], stop: readonly string[]) {
  const bytes = Uint8Array.from(pieces.flatMap((each) => [...each]));
  const whole = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes);
  const ends = stop.map((each) => whole.indexOf(each)).filter((index) => index >= 0);
  return { text: ends.length > 0 ? whole.slice(0, Math.min(...ends)) : whole, stopped: ends.length > 0 };
}

test('gives out the text of all bytes, however they are cut, and never takes anything back', () => {
  fc.assert(
    fc.property(cases, ({ pieces, stop }) => {
      const assembler = createTextAssembler(stop);
      let given = '';
      for (const each of pieces) {
        given += assembler.push(each);
        expect(assembler.text).toBe(given);
      }
      given += assembler.end();
      const found = expected(pieces, stop);
      // A stop string that comes first can be found late only if it ends later than another begins.
      if (found.stopped) expect(assembler.stopped).toBe(true);
      else expect(given).toBe(found.text);
    }),
    { numRuns: 1000 },
  );
});

test('previews what it would give out', () => {
  fc.assert(
    fc.property(cases, piece, ({ pieces, stop }, next) => {
      const assembler = createTextAssembler(stop);
      for (const each of pieces) assembler.push(each);
      fc.pre(!assembler.stopped);
      const { text, stopped } = assembler.preview(next);
      const before = assembler.text;
      assembler.push(next);
      assembler.end();
      expect(before + text).toBe(assembler.text);
      expect(stopped).toBe(assembler.stopped);
    }),
    { numRuns: 1000 },
  );
});
