import { expect, it } from 'vitest';
import { roughly, secondsOf } from './bench-estimate.js';

const MS = { alone: 20, together: 8 };

it('fewer rounds are less work, and tuning for them too', () => {
  const one = secondsOf({ rounds: 1, tokens: 16 }, 3, MS);
  const twelve = secondsOf({ rounds: 12, tokens: 16 }, 3, MS);
  expect(one).toBeLessThan(twelve / 4);
  expect(secondsOf({ rounds: 24, tokens: 16 }, 3, MS)).toBeLessThan(2 * twelve);
  expect(secondsOf({ rounds: 12, tokens: 32 }, 3, MS)).toBeCloseTo(2 * twelve);
});

it.each([
  [12, '20 s'],
  [99, '100 s'],
  [100, '2 minutes'],
  [3000, '50 minutes'],
  [7000, '2 hours'],
])('%d seconds are about %s', (seconds, words) => expect(roughly(seconds)).toBe(words));
