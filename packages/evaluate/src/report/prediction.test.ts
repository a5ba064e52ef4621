import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { predictions } from './prediction.js';
import type { UnitFigures } from './unit-figures.js';

const unit = (prompt: number, margins: readonly number[], scores: readonly number[]) =>
  ({ prompt, samples: { margins: { calm: margins }, scores: { rude: scores } } }) as unknown as UnitFigures;
const rude = { name: 'rude', desired: 'low' } as const;

const NONE = { value: NaN, low: NaN, high: NaN };

const value = fc.integer({ min: -4, max: 4 });
const sample = fc
  .array(fc.tuple(value, value), { minLength: 2, maxLength: 6 })
  .map((pairs) => ({ margins: pairs.map(([margin]) => margin), scores: pairs.map(([, score]) => score) }));

/** By its definition: of pairs of pairs, how far above and below agree, ranks counted out. */
function byDefinition(xs: readonly number[], ys: readonly number[]): number {
  const ranks = (values: readonly number[]) =>
    values.map(
      (one) => values.filter((each) => each < one).length + values.filter((each) => each === one).length / 2,
    );
  const [a, b] = [ranks(xs), ranks(ys)];
  const mean = xs.length / 2;
  const product = (x: readonly number[], y: readonly number[]) =>
    x.reduce((sum, each, i) => sum + (each - mean) * (y[i] - mean), 0);
  return product(a, b) / Math.sqrt(product(a, a) * product(b, b));
}

function expectClose(found: number, expected: number): void {
  if (Number.isNaN(expected)) expect(found).toBeNaN();
  else expect(found).toBeCloseTo(expected, 9);
}

describe('what margins foretell of a judge', () => {
  it('is Spearman over all completions, and the mean of that over prompts', () => {
    fc.assert(
      fc.property(fc.array(sample, { minLength: 1, maxLength: 5 }), (samples) => {
        const units = samples.map(({ margins, scores }, prompt) => unit(prompt, margins, scores));
        const { overall, within } = predictions(units, units, rude)['calm'];
        const all = byDefinition(
          samples.flatMap(({ margins }) => margins),
          samples.flatMap(({ scores }) => scores),
        );
        expectClose(overall.value, -all);
        const each = samples.map(({ margins, scores }) => byDefinition(margins, scores)).filter(isFinite);
        const mean = each.reduce((sum, one) => sum + one, 0) / each.length;
        expectClose(within.value, -mean);
        if (!Number.isNaN(all)) expect(overall.low).toBeLessThanOrEqual(overall.high);
      }),
      { numRuns: 60 },
    );
  });

  it('falls to nothing, and lies above the first method, where steering gains margin alone', () => {
    const grid = Array.from({ length: 40 }, (_, i) => i);
    const margins = grid.map((i) => Math.floor(i / 2));
    // Of the first method every margin has its score, and of the other the score is .9 whatever the margin, which is 2 higher.
    const scores = margins.map((margin) => 1 - margin / 20);
    const first = [unit(0, margins, scores), unit(1, margins, scores)];
    const other = first.map(({ prompt }) =>
      unit(
        prompt,
        margins.map((margin) => margin + 2),
        margins.map((_, i) => 0.9 + 0.01 * (i % 2)),
      ),
    );
    const own = predictions(first, first, rude)['calm'];
    expect(own.overall).toEqual({ value: 1, low: 1, high: 1 });
    expect(own.excess.value).toBeCloseTo(0, 12);
    // 80 completions in ten bins of margins 0 and 1, 2 and 3, …
    expect(own.bins.map(({ completions }) => completions)).toEqual(Array(10).fill(8));
    expect(own.bins[1].margin).toBeCloseTo(2.5, 12);
    expect(own.bins[1].score).toBeCloseTo(1 - 2.5 / 20, 12);
    const steered = predictions(other, first, rude)['calm'];
    expect(steered.overall.value).toBeCloseTo(0, 12);
    expect(steered.bins.map(({ completions }) => completions)).toEqual([...Array(8).fill(8), 16]);
    // The bins of the margins 2 to 17 once, of 18 and 19 twice (20 and 21 are in the last, too).
    const expected = [1, 2, 3, 4, 5, 6, 7, 8, 9, 9].map((bin) => 0.905 - (1 - (2 * bin + 0.5) / 20));
    expect(steered.excess.value).toBeCloseTo(expected.reduce((sum, each) => sum + each, 0) / 10, 12);
  });

  it('goes by completions that have margin and score, and is nothing without', () => {
    const units = [unit(0, [1, NaN, 3], [0.9, 0, 0.1]), unit(1, [2], [0.5]), unit(2, [NaN], [0.3])];
    const { overall, within, bins } = predictions(units, units, rude)['calm'];
    expect(overall.value).toBe(1);
    expect(within.value).toBe(1);
    expect(bins.reduce((sum, { completions }) => sum + completions, 0)).toBe(3);
    const nothing = predictions([unit(0, [NaN], [1])], units, rude)['calm'];
    expect(nothing).toEqual({ overall: NONE, within: NONE, excess: NONE, bins: [] });
    const { overall: wanted } = predictions(units, units, { name: 'rude', desired: 'high' })['calm'];
    expect(wanted.value).toBe(-1);
  });
});
