import fc from 'fast-check';
import { expect, it } from 'vitest';
import { decodeText, isUtf16 } from './decode-text.js';

const bytesOf = (text: string, encoding: BufferEncoding) => new Uint8Array(Buffer.from(text, encoding));

it('reads every text in UTF-8, with a byte-order mark or without', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme' }), fc.boolean(), (text, marked) => {
      fc.pre(!text.startsWith('\uFEFF') && !text.includes('\0'));
      expect(decodeText(bytesOf(`${marked ? '\uFEFF' : ''}${text}`, 'utf8'), 'x')).toBe(text);
    }),
  );
});

it.each([
  ['little-endian', bytesOf('\uFEFF{"a": 1}', 'utf16le')],
  ['big-endian', bytesOf('\uFEFF{"a": 1}', 'utf16le').map((_, i, all) => all[i ^ 1])],
  ['without a mark', bytesOf('{"a": 1}', 'utf16le')],
  ['big-endian without a mark', bytesOf('{"a": 1}', 'utf16le').map((_, i, all) => all[i ^ 1])],
])('names UTF-16, %s', (_, bytes) => {
  expect(isUtf16(bytes)).toBe(true);
  expect(() => decodeText(bytes, 'rows.csv')).toThrow('rows.csv is text in UTF-16. Save it as UTF-8.');
});

it('refuses bytes that are no UTF-8', () => {
  expect(() => decodeText(Uint8Array.of(0x61, 0xe9), 'rows.csv')).toThrow('rows.csv is no text in UTF-8.');
});
