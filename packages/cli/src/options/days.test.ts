import { expect, it } from 'vitest';
import { days } from './days.js';

it.each([
  ['30d', 30],
  ['30', 30],
  ['0', 0],
  ['2w', 14],
  ['6m', 180],
  ['1.5y', 547.5],
])('%s is %d days', (text, expected) => {
  expect(days(text)).toBe(expected);
});

it.each(['', 'd', '-1d', '3h', '1d2w', 'Infinity', '1e3'])('"%s" is no length of time', (text) => {
  expect(() => days(text)).toThrow('30d, 4w, 6m or 1y');
});
