import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundBonus } from '../look-ahead/bonus-bounds.js';
import { cappedBonus } from './cap.js';

describe('a cap', () => {
  it('is how far margins count, on the side that is steered to', () => {
    const weights = [
      { weight: 2, cap: 0.25 },
      { weight: 0, cap: 0 },
      { weight: -1, cap: 0.5 },
    ];
    const margins = [
      [0.1, 3, -3, 0.3],
      [NaN, 9, 9, 9],
      [-0.2, -0.5, 4, NaN],
    ].map((each) => Float64Array.from(each));
    const bonus = cappedBonus(margins, weights, 4);
    // 2 · 0.1 + 0.2, 2 · 0.25 + 0.5, −2 · 3 − 4.
    [0.4, 1, -10].forEach((value, x) => expect(bonus[x]).toBeCloseTo(value, 12));
    expect(bonus[3]).toBeNaN();
  });

  it('bounds the bonus, to the last bit', () => {
    const real = fc.double({ min: -9, max: 9, noNaN: true });
    const cap = fc.double({ min: 0, max: 3, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(real, real, cap), { minLength: 1, maxLength: 8 }),
        fc.constantFrom(1, 1e-300, 1e300),
        (attributes, scale) => {
          const weightings = attributes.map(([weight, , cap]) => ({ weight: scale * weight, cap }));
          const margins = attributes.map(([weight, margin]) =>
            Float64Array.of(margin, weight < 0 ? -99 : 99),
          );
          const bonus = cappedBonus(margins, weightings, 2);
          const bounds = boundBonus(margins, weightings, 2);
          expect(bounds?.expected).toEqual(bonus);
          expect(bonus[0]).toBeLessThanOrEqual(bounds?.ceiling[0] ?? NaN);
          expect(bonus[1]).toBe(bounds?.ceiling[1]);
        },
      ),
    );
  });

  it('that is infinite leaves no bound, where its weight counts', () => {
    const margins = [Float64Array.of(1), Float64Array.of(NaN)];
    const capped = { weight: 1, cap: 2 };
    expect(boundBonus(margins, [capped, { weight: 0, cap: Infinity }], 1)?.ceiling).toEqual(
      Float64Array.of(2),
    );
    expect(boundBonus(margins, [{ weight: -1e-300, cap: Infinity }, capped], 1)).toBeUndefined();
  });

  it('leaves sums finite, and equal beyond what a double holds', () => {
    const margins = [Float64Array.of(-1e10, -2e10, 0), Float64Array.of(1e10, 0, 0)];
    const weightings = [1e300, 1e300].map((weight) => ({ weight, cap: Infinity }));
    const bonus = cappedBonus(margins, weightings, 3);
    expect([...bonus].every(Number.isFinite)).toBe(true);
    expect(bonus[0]).toBe(0);
    expect(bonus[1]).toBe(-(2 ** 1022));
    expect(cappedBonus(margins, [weightings[0], { weight: -1e300, cap: Infinity }], 3)[0]).toBe(bonus[1]);
  });
});
