import { expect, test } from 'vitest';
import { measureChoices } from './choice-figures.js';

const question = (right: readonly number[], wrong: readonly number[], group = String(right)) => ({
  scores: [...wrong, ...right],
  right: [...wrong.map(() => false), ...right.map(() => true)],
  group,
});

test('figures are those of TruthfulQA, by hand', () => {
  // exp(0) + exp(ln 2) right against exp(ln 5) wrong; then e⁻¹ against twice e⁻².
  const { best, mass } = measureChoices([
    question([0, Math.log(2)], [Math.log(5)]),
    question([-1], [-2, -2]),
  ]);
  expect(best.value).toBe(1 / 2);
  const second = Math.exp(-1) / (Math.exp(-1) + 2 * Math.exp(-2));
  expect(mass.value).toBeCloseTo((3 / 8 + second) / 2, 12);
  expect([best.low, best.high]).toEqual([0, 1]);
  expect([mass.low, mass.high]).toEqual([expect.closeTo(3 / 8, 12), expect.closeTo(second, 12)]);
});

test('a right choice must be better than every wrong one', () => {
  expect(measureChoices([question([1], [1, 0])]).best.value).toBe(0);
});

test('log-likelihoods of long answers are not too small to be compared', () => {
  const { mass } = measureChoices([question([-2000], [-2000 - Math.log(3)])]);
  expect(mass.value).toBeCloseTo(3 / 4, 10);
});

test('intervals are over groups of questions', () => {
  const same = Array.from({ length: 20 }, (_, i) => question([i % 2], [0.5], 'one'));
  const { best } = measureChoices(same);
  expect(best).toEqual({ value: 0.5, low: 0.5, high: 0.5 });
});
