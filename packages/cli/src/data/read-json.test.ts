import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJson } from './read-json.js';

describe('readJson', () => {
  it('reads what JSON.parse reads, to the same value', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.constantFrom(0, 1), (value, indent) => {
        const text = JSON.stringify(value, undefined, indent);
        expect(readJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('refuses what JSON.parse refuses', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'{}[]":,\\0a-1.e \n'.split('')) }), (text) => {
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        if (!valid) expect(() => readJson(text)).toThrow(SyntaxError);
      }),
      { numRuns: 1000 },
    );
  });

  it('keeps every digit of large whole numbers, wherever they are', () => {
    fc.assert(
      fc.property(fc.bigInt(-(2n ** 70n), 2n ** 70n), (large) => {
        const text = `{"a": ${large}, "b": [${large}, {"c":${large}}], "d": "${large}"}`;
        // A number that is written as it is held stays one.
        const value = String(Number(large)) === String(large) ? Number(large) : String(large);
        expect(readJson(text)).toEqual({ a: value, b: [value, { c: value }], d: String(large) });
      }),
    );
    expect(readJson('[1e20, 1234567890123456.5, 9007199254740991, -0]')).toEqual([
      1e20, 1234567890123456.5, 9007199254740991, -0,
    ]);
  });

  it('refuses a key that stands twice, also written otherwise', () => {
    expect(() => readJson('{"label": 1, "label": 0}')).toThrow('the key "label" stands twice');
    expect(() => readJson('[{"a": {"x": 1, "\\u0078": 1}}]')).toThrow('stands twice');
    expect(readJson('[{"a": {"a": 1}}, {"a": ["a", "a"]}]')).toEqual([{ a: { a: 1 } }, { a: ['a', 'a'] }]);
    expect(Object.keys(readJson('{"__proto__": 1}') as object)).toEqual(['__proto__']);
  });

  it('drops a byte-order mark', () => {
    expect(readJson('\uFEFF{"a": 1}')).toEqual({ a: 1 });
  });

  it('refuses a nesting that nobody means, before it takes memory', () => {
    expect(() => readJson('['.repeat(1_000_000))).toThrow('nested more than 1000 deep');
    expect(readJson(`${'['.repeat(1000)}${']'.repeat(1000)}`)).toHaveLength(1);
  });
});
