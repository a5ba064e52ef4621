import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { integer, number, readNumber } from './number.js';

describe('readNumber', () => {
  it('reads every number that JavaScript writes', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        expect(readNumber(String(value))).toBe(value === 0 ? 0 : value);
      }),
    );
  });

  it.each(['', ' ', '1 ', '0x10', 'NaN', 'Infinity', '1e999', '1,5', '--1', 'e5', '.'])(
    'takes %j for none',
    (text) => {
      expect(readNumber(text)).toBeNaN();
    },
  );
});

describe('number', () => {
  it('keeps to its range', () => {
    const share = number({ above: 0, max: 1 });
    expect(share('1')).toBe(1);
    expect(() => share('0')).toThrow('It must be a number above 0 and at most 1.');
    expect(() => share('1.01')).toThrow('at most 1');
    expect(() => number()('x')).toThrow('It must be a number.');
  });
});

describe('integer', () => {
  it('takes whole numbers only', () => {
    const count = integer({ min: 1 });
    expect(count('12')).toBe(12);
    expect(() => count('1.5')).toThrow('It must be a whole number of at least 1.');
    expect(() => count('0')).toThrow('at least 1');
    expect(() => count('9007199254740993')).toThrow('whole number');
  });
});
