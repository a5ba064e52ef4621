import type { Formula } from './compile.js';

/** Margins that are tried, besides those about the numbers of the formula. */
const TRIED = [0, 0.05, -0.05, 0.5, -0.5, 1, -1, 2, -2, 4, -4, 10, -10, 100, -100];
/** How many settings of the other margins. */
const OTHERS = 8;
const MOST_STEPS = 64;
/** Less than this share of a value is rounding. */
const ROUNDING = 1e-9;

/**
 * The attributes that a formula names and that make no difference to it, as in `toxicity * 0` or `x - x`: whatever their
 * margin, it has the same value. Found by trying.
 *
 * @param text - The formula.
 * @param steps - How many steps there may be.
 * @param maxTokens - What `progress` is a share of.
 */
export function idleMargins(formula: Formula, text: string, steps: number, maxTokens: number): string[] {
  const values = [...TRIED, ...numbersOf(text).flatMap((n) => [n, -n, n + 0.01, n - 0.01])];
  const taken = stepsOf(steps);
  return formula.attributes.filter((_, place) => !taken.some((step) => matters(place, step)));

  function matters(place: number, step: number): boolean {
    return Array.from({ length: OTHERS }, (_, other) => other).some((other) => {
      const margins = formula.attributes.map((_, a) => values[(other * (7 * a + 5) + a) % values.length]);
      const first = valueAt(margins, place, values[0], step);
      return values.some((value) => differ(first, valueAt(margins, place, value, step)));
    });
  }

  function valueAt(margins: readonly number[], place: number, value: number, step: number): number {
    return formula.valueAt({ margins: margins.with(place, value), step, progress: step / maxTokens });
  }
}

function numbersOf(text: string): number[] {
  return (text.match(/\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi) ?? []).map(Number);
}

/** All steps, or some of them, evenly spaced. */
function stepsOf(steps: number): number[] {
  const count = Math.min(steps, MOST_STEPS);
  return Array.from({ length: count }, (_, i) => Math.floor((i * steps) / count));
}

function differ(a: number, b: number): boolean {
  if (!Number.isFinite(a) || !Number.isFinite(b)) return !Object.is(a, b);
  return Math.abs(a - b) > ROUNDING * Math.max(1, Math.abs(a), Math.abs(b));
}
