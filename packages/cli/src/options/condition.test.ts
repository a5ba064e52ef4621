import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseCondition } from './condition.js';

const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

describe('parseCondition', () => {
  it('compares as it says', () => {
    fc.assert(
      fc.property(finite, finite, (value, bound) => {
        expect(parseCondition(`<=${bound}`).holds(value)).toBe(value <= bound);
        expect(parseCondition(`>= ${bound}`).holds(value)).toBe(value >= bound);
        expect(parseCondition(`<${bound}`).holds(value)).toBe(value < bound);
        expect(parseCondition(`>${bound}`).holds(value)).toBe(value > bound);
        expect(parseCondition(`=${bound}`).holds(value)).toBe(value === bound);
      }),
    );
  });

  it('holds at its own bound where it says so', () => {
    expect(['<=0.25', '>=0.25', '=0.25'].map((text) => parseCondition(text).holds(0.25))).toEqual([
      true,
      true,
      true,
    ]);
    expect(['<0.25', '>0.25'].map((text) => parseCondition(text).holds(0.25))).toEqual([false, false]);
  });

  it.each(['', '1', '==1', '<=', '=<1', '<=x', '<= 1 2', '!=1'])('refuses %j', (text) => {
    expect(() => parseCondition(text)).toThrow('comparison');
  });
});
