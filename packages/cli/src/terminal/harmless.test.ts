import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { harmless, harmlessJson, inLine } from './harmless.js';

/** What no terminal may get from elsewhere. */
// oxlint-disable-next-line no-control-regex
const HARM = /[\u0000-\u0008\u000b\u000c\u000e-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]|\r(?!\n)/;

describe('text from elsewhere', () => {
  it.each([
    ['\u001b]52;c;aGk=\u0007', String.raw`\u001b]52;c;aGk=\u0007`],
    ['\u001b[2J\u001b[31mred', String.raw`\u001b[2J\u001b[31mred`],
    ['\u009b2J\u0090q\u009c', String.raw`\u009b2J\u0090q\u009c`],
    ['safe\rerror', String.raw`safe\rerror`],
    ['a\b\b\u007f\0', String.raw`a\b\b\u007f\u0000`],
    ['\u202egnp.exe\u202c \u2066x\u2069', String.raw`\u202egnp.exe\u202c \u2066x\u2069`],
    ['a\u2028b', String.raw`a\u2028b`],
  ])('%j is shown as %s', (text, shown) => {
    expect(harmless(text)).toBe(shown);
  });

  it.each([
    '',
    'a\tb\n',
    'line\r\n',
    'שלום \u200fעולם',
    'می\u200cخواهم',
    '日本語',
    '👩‍👩‍👧 \u00e9 e\u0301',
    'a\\nb',
  ])('%j is shown as it is', (text) => expect(harmless(text)).toBe(text));

  it('stays in its line where it is a name', () => {
    expect(inLine('name\r\nerror (x): y\t\n')).toBe(String.raw`name\r\nerror (x): y\t\n`);
  });

  it('has nothing left that a terminal obeys, whatever it was', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(harmless(text)).not.toMatch(HARM);
        expect(inLine(text)).not.toMatch(/[\r\n\t]/);
      }),
    );
  });

  it('is the same value in JSON', () => {
    fc.assert(
      fc.property(fc.jsonValue({ stringUnit: 'binary' }), (value) => {
        const line = harmlessJson(JSON.stringify(value));
        expect(line).not.toMatch(HARM);
        expect(JSON.parse(line)).toEqual(JSON.parse(JSON.stringify(value)));
      }),
    );
  });
});
