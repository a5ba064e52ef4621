import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { explainedBy, estimateTokenEffects, type Transition } from './estimate-token-effects.js';

const VOCABULARY = 6;

const transitions = fc.array(
  fc.record({
    token: fc.nat(VOCABULARY - 2),
    change: fc.double({ min: -3, max: 3, noNaN: true }),
    back: fc.double({ min: -2, max: 2, noNaN: true }),
  }),
  { minLength: 1, maxLength: 30 },
);

/** What is minimised, by definition. */
function loss(
  all: readonly Transition[],
  mean: number,
  effects: readonly number[],
  reversion: number,
): number {
  const missed = all.map(({ token, change, back }) => change - mean - effects[token] - reversion * back);
  const squares = (values: readonly number[]) => values.reduce((sum, value) => sum + value * value, 0);
  return squares(missed) + 3 * squares(effects);
}

describe('estimateTokenEffects', () => {
  test('nothing near it has a smaller penalised loss', () => {
    fc.assert(
      fc.property(transitions, (all) => {
        const { tokenEffects, meanReversion } = estimateTokenEffects(all, VOCABULARY);
        // A token that was never seen has the mean.
        const mean = tokenEffects[VOCABULARY - 1];
        const own = Array.from(tokenEffects, (effect) => effect - mean);
        const found = loss(all, mean, own, meanReversion);
        const tolerance = 1e-4 * (1 + found);
        for (const step of [-0.02, 0.02]) {
          expect(loss(all, mean + step, own, meanReversion)).toBeGreaterThan(found - tolerance);
          own.forEach((_, token) => {
            const moved = own.map((effect, each) => (each === token ? effect + step : effect));
            expect(loss(all, mean, moved, meanReversion)).toBeGreaterThan(found - tolerance);
          });
          const share = Math.min(1, Math.max(0, meanReversion + step));
          expect(loss(all, mean, own, share)).toBeGreaterThan(found - tolerance);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('finds what was planted, and explains it', () => {
    const planted = [0.5, -1, 0, 2, 0.25];
    const all = Array.from({ length: 4000 }, (_, i) => {
      const token = i % planted.length;
      const back = Math.sin(i);
      return { token, back, change: planted[token] + 0.3 * back };
    });
    const prediction = estimateTokenEffects(all, VOCABULARY);
    planted.forEach((effect, token) => expect(prediction.tokenEffects[token]).toBeCloseTo(effect, 1));
    expect(prediction.meanReversion).toBeCloseTo(0.3, 2);
    expect(explainedBy(prediction, all)).toBeGreaterThan(0.999);
    const contrary = all.map((each) => ({ ...each, change: -each.change }));
    expect(explainedBy(prediction, contrary)).toBeLessThan(-1);
  });

  test('expects nothing of no data', () => {
    const { tokenEffects, meanReversion } = estimateTokenEffects([], VOCABULARY);
    expect([...tokenEffects, meanReversion].every((value) => value === 0)).toBe(true);
    expect(explainedBy({ tokenEffects, meanReversion }, [])).toBe(0);
  });
});
