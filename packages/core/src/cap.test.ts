import { describe, expect, it } from 'vitest';
import { boundBonus, capBonus } from './cap.js';
import { bonusOf } from './tilt.js';

const attributes = [
  { weight: 2, calibration: { slope: 0.5, intercept: 1 } },
  { weight: 0, calibration: { slope: 9, intercept: 9 } },
  { weight: 1, calibration: { slope: 3, intercept: -1 } },
];

describe('a cap', () => {
  it('limits the weighted mean of the gains, and nothing else', () => {
    const before = Float64Array.of(0.4, NaN, -0.2);
    const distances = [
      [0.4, 3, -3, 3],
      [1, 2, 3, 4],
      [-0.2, -0.2, -0.2, -2],
    ].map((each) => Float64Array.from(each));
    const { expected, ceiling } = boundBonus(before, attributes, 0.25);
    const bonus = capBonus(bonusOf('calibrated', distances, attributes, 4), ceiling);
    // 2 · (0.5 · 0.4 + 1) + (3 · −0.2 − 1), and 0.25 for each of the weights 2 and 1.
    expect(expected).toBeCloseTo(0.8, 12);
    expect(ceiling - expected).toBeCloseTo(0.75, 12);
    const gains = [...bonus].map((value) => value - expected);
    // Gains of 2 · 0.5 · 2.6 = 2.6, a loss of 3.4, and a gain of 2.6 that makes up for part of a loss of 5.4.
    [0, 0.75, -3.4, -2.8].forEach((gain, i) => expect(gains[i]).toBeCloseTo(gain, 12));
  });
});
