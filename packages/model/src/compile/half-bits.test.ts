import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { halfBits } from './half-bits.js';

/** What the bits of half precision stand for. */
function numberOf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

describe('half precision', () => {
  it('has each of its own numbers as it is', () => {
    for (let bits = 0; bits < 65_536; bits++)
      if (!Number.isNaN(numberOf(bits))) expect(halfBits(numberOf(bits))).toBe(bits);
  });

  it('takes the nearest number, and of two as near the even one', () => {
    const half = fc.integer({ min: 0, max: 0x7bfe });
    fc.assert(
      fc.property(half, fc.double({ min: 0, max: 1, noNaN: true }), (bits, share) => {
        const [low, high] = [numberOf(bits), numberOf(bits + 1)];
        const value = Math.fround(low + (high - low) * share);
        const [below, above] = [value - low, high - value];
        const wanted = below < above || (below === above && bits % 2 === 0) ? bits : bits + 1;
        expect(halfBits(value)).toBe(wanted);
        expect(halfBits(-value)).toBe(wanted | 0x8000);
      }),
    );
  });

  it('has nothing beyond its largest number but infinity', () => {
    expect(numberOf(halfBits(65_519))).toBe(65_504);
    expect(numberOf(halfBits(65_520))).toBe(Infinity);
    expect(numberOf(halfBits(-1e30))).toBe(-Infinity);
    expect(numberOf(halfBits(NaN))).toBeNaN();
  });
});
