import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { boundBonus } from '../look-ahead/bonus-bounds.js';
import { cappedBonus } from './cap.js';

describe('a cap', () => {
  it('is how far margins count, on the side that is steered to', () => {
    const weights = [2, 0, -1];
    const margins = [
      [0.1, 3, -3, 0.3],
      [NaN, 9, 9, 9],
      [-0.2, -0.5, 4, NaN],
    ].map((each) => Float64Array.from(each));
    const bonus = cappedBonus(margins, weights, 4, 0.25);
    // 2 · 0.1 + 0.2, 2 · 0.25 + 0.25, −2 · 3 − 4.
    [0.4, 0.75, -10].forEach((value, x) => expect(bonus[x]).toBeCloseTo(value, 12));
    expect(bonus[3]).toBeNaN();
  });

  it('bounds the bonus, to the last bit', () => {
    const real = fc.double({ min: -9, max: 9, noNaN: true });
    fc.assert(
      fc.property(
        fc.array(fc.tuple(real, real), { minLength: 1, maxLength: 8 }),
        fc.double({ min: 0, max: 3, noNaN: true }),
        (attributes, cap) => {
          const weights = attributes.map(([weight]) => weight);
          const margins = attributes.map(([, margin], a) =>
            Float64Array.of(margin, weights[a] < 0 ? -99 : 99),
          );
          const bonus = cappedBonus(margins, weights, 2, cap);
          const { expected, ceiling } = boundBonus(margins, weights, 2, cap);
          expect(expected).toEqual(bonus);
          expect(bonus[0]).toBeLessThanOrEqual(ceiling[0]);
          expect(bonus[1]).toBe(ceiling[1]);
        },
      ),
    );
  });
});
