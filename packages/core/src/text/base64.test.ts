import fc from 'fast-check';
import { expect, it } from 'vitest';
import { fromBase64, toBase64 } from './base64.js';

it('writes and reads what Node does', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      const text = Buffer.from(bytes).toString('base64');
      expect(toBase64(bytes)).toBe(text);
      expect(fromBase64(text)).toEqual(bytes);
    }),
  );
});

it('takes more bytes than a call takes arguments', () => {
  const bytes = new Uint8Array(300_000).fill(7);
  expect(fromBase64(toBase64(bytes))).toEqual(bytes);
});

it('says that a text is none', () => expect(fromBase64('a*b')).toBeUndefined());
