import { describe, expect, it } from 'vitest';
import type { BoundAttribute } from '../margins/bound-attributes.js';
import { pessimisticMargins, predictMargins, prefetchSlack } from './predict-margins.js';
import { toyAttribute } from '../../testing/toy-attribute.js';

/** An attribute of the toy, with a slope of 2 and maybe a prediction. */
function bound(effects?: readonly number[]): BoundAttribute {
  const prediction = effects && { tokenEffects: Float32Array.from(effects), meanReversion: 0.5 };
  const [source] = toyAttribute('kind', 0, prediction).subspaces;
  return { name: 'kind', source, calibration: { slope: 2, intercept: 0 }, cap: 0 };
}

describe('expected margins', () => {
  it('are what a token did to other texts, and a share of the way back; without a prediction those before', () => {
    const text = { margins: [1, -1], runningMeans: [0.5, 0] };
    const found = predictMargins([bound([0, 0.25, -1]), bound()], [1, 2, 0], new Set([0]), text);
    // 1 − 0.5 · 0.5 + 2 · effect; the end token changes nothing.
    expect(found.map((column) => [...column])).toEqual([
      [1.25, -1.25, 1],
      [-1, -1, -1],
    ]);
  });

  it('are doubted on the side that is steered to', () => {
    const expected = [Float64Array.of(1, 0), Float64Array.of(1, 0)];
    const [steeredTo, steeredAway] = pessimisticMargins(expected, [2, -1], 0.25);
    expect([...steeredTo]).toEqual([0.75, -0.25]);
    expect([...steeredAway]).toEqual([1.25, 0.25]);
  });

  it('are doubted the more the less a row costs', () => {
    expect(prefetchSlack()).toBeCloseTo(0.3);
    expect(prefetchSlack(0.1)).toBeCloseTo(0.5);
    expect(prefetchSlack(1)).toBeCloseTo(0.05);
    for (const free of [0, 0.05, 0.001]) expect(prefetchSlack(free)).toBe(0.6);
  });
});
