import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BonusBounds } from './bonus-bounds.js';
import { perturb, winnerOf } from '../draw/draw.js';
import { estimateDivergence, candidatesToRun } from './lazy-look-ahead.js';
import { tilt } from '../project/tilt.js';

const NaNs = (size: number) => new Float64Array(size).fill(NaN);

/** What is expected of each candidate, and what none has beyond it. */
const bounds = (expected: readonly number[], room: number): BonusBounds => ({
  expected: Float64Array.from(expected),
  ceiling: Float64Array.from(expected, (value) => value + room),
});

/** Runs batches until there are no more; says who won and how many were run. */
function drawLazily(perturbed: Float64Array, bonus: Float64Array, bounds: BonusBounds) {
  const known = NaNs(perturbed.length);
  let batches = 0;
  for (;;) {
    const batch = candidatesToRun(perturbed, known, bounds);
    if (batch.length === 0) break;
    batches++;
    for (const i of batch) {
      expect(known[i]).toBeNaN();
      known[i] = bonus[i];
    }
  }
  const rows = known.filter((value) => !Number.isNaN(value)).length;
  return { winner: winnerOf(perturbed, known), rows, batches };
}

describe('nextWave', () => {
  const real = fc.double({ min: -6, max: 6, noNaN: true });
  // Few values, so that there are ties.
  const coarse = fc.integer({ min: -3, max: 3 });
  const value = fc.oneof(real, coarse);

  it('ends with the winner of all', () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(value, value, value), { minLength: 1, maxLength: 12 }),
        fc.oneof(fc.constant(0), fc.double({ min: 0, max: 3, noNaN: true }), fc.constant(Infinity)),
        (candidates, room) => {
          const perturbed = Float64Array.from(candidates, ([each]) => each);
          const expected = Float64Array.from(candidates, ([, , each]) => each);
          const bounds = { expected, ceiling: expected.map((each) => each + room) };
          const bonus = Float64Array.from(candidates, ([, each], x) => Math.min(each, bounds.ceiling[x]));
          expect(drawLazily(perturbed, bonus, bounds).winner).toBe(winnerOf(perturbed, bonus));
        },
      ),
      { numRuns: 5000 },
    );
  });

  it('runs one candidate where no other can win, and all where any may', () => {
    const perturbed = Float64Array.of(3, 0, 2.5);
    const kept = Float64Array.of(1, 1, 1);
    expect(candidatesToRun(perturbed, NaNs(3), bounds([1, 1, 1], 0.2))).toEqual([0]);
    expect(candidatesToRun(perturbed, NaNs(3), bounds([1, 1, 1], 0.5))).toEqual([0, 2]);
    expect(candidatesToRun(perturbed, NaNs(3), bounds([1, 1, 1], Infinity))).toEqual([0, 1, 2]);
    expect(drawLazily(perturbed, kept, bounds([1, 1, 1], 0.2))).toEqual({ winner: 0, rows: 1, batches: 1 });
    // The first loses so much that the third may win, and it does.
    const lost = Float64Array.of(-1, 1.2, 1);
    expect(drawLazily(perturbed, lost, bounds([1, 1, 1], 0.2))).toEqual({ winner: 2, rows: 2, batches: 2 });
  });

  it('begins with what is expected to win', () => {
    const perturbed = Float64Array.of(3, 0, 2.5);
    expect(candidatesToRun(perturbed, NaNs(3), bounds([-1, 0, 1], 0.2))).toEqual([2]);
    expect(candidatesToRun(perturbed, NaNs(3), bounds([-1, 4, 1], 0.5))).toEqual([1, 2]);
  });

  it('runs nothing where the bonus of all that can win is known', () => {
    expect(candidatesToRun(Float64Array.of(3, 0), Float64Array.of(1, NaN), bounds([1, 1], 1))).toEqual([]);
  });
});

describe('estimateDivergence', () => {
  it('is never negative, and KL(q‖p) on average', () => {
    const logReference = Float64Array.from([0.4, 0.3, 0.2, 0.1], Math.log);
    const tokens = Int32Array.of(5, 7, 8, 9);
    for (const scale of [0, 0.5, 1, 2]) {
      const bonus = Float64Array.of(-1, 0.8, 0.2, 0.8).map((value) => scale * value);
      const rounds = 20_000;
      let sum = 0;
      let squares = 0;
      for (let step = 0; step < rounds; step++) {
        const perturbed = perturb(logReference, tokens, {
          key: { seed: 3, prompt: 4, sample: 0, attempt: 0 },
          step,
        });
        const estimate = estimateDivergence(perturbed, winnerOf(perturbed, bonus));
        expect(estimate).toBeGreaterThanOrEqual(0);
        sum += estimate;
        squares += estimate ** 2;
      }
      const mean = sum / rounds;
      const error = Math.sqrt((squares / rounds - mean ** 2) / rounds);
      expect(Math.abs(mean - tilt(logReference, bonus).kl)).toBeLessThanOrEqual(4 * error);
    }
  });
});
