import fc from 'fast-check';
import { expect, it } from 'vitest';
import { utf8StateOf } from './utf8-state.js';

const isUtf8 = (bytes: Uint8Array) => {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes);
    return true;
  } catch {
    return false;
  }
};

/** By trying all that may follow. */
function canBeCompleted(bytes: Uint8Array, more = 3): boolean {
  if (isUtf8(bytes)) return true;
  if (more === 0) return false;
  // The ends of all ranges are enough.
  const next = [0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf];
  return next.some((byte) => canBeCompleted(Uint8Array.of(...bytes, byte), more - 1));
}

it('knows whole, open and broken bytes as a decoder does', () => {
  const bytes = fc.array(
    fc.oneof(
      fc.constantFrom(0x41, 0x80, 0x9f, 0xa0, 0xbf, 0xc1, 0xc2, 0xe0, 0xed, 0xe4, 0xf0, 0xf4, 0xf5, 0xff),
      fc.integer({ min: 0, max: 255 }),
    ),
    { maxLength: 5 },
  );
  fc.assert(
    fc.property(bytes, (list) => {
      const all = Uint8Array.from(list);
      const expected = isUtf8(all) ? 'whole' : canBeCompleted(all) ? 'open' : 'broken';
      expect(utf8StateOf(all)).toBe(expected);
    }),
    { numRuns: 5000 },
  );
});

it.each(['', 'a', 'é', '中', '😀', '\uFEFF', '\uFFFD', 'é中😀'])('knows every beginning of %j', (text) => {
  const bytes = new TextEncoder().encode(text);
  for (let length = 0; length <= bytes.length; length++) {
    const part = bytes.subarray(0, length);
    expect(utf8StateOf(part)).toBe(isUtf8(part) ? 'whole' : 'open');
  }
});
