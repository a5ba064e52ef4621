import { expect, it } from 'vitest';
import { padded, shortened, widthOf } from './width.js';

it.each([
  ['abc', 3],
  ['日本', 4],
  ['e\u0301', 1],
  ['👩‍👩‍👧', 2],
  ['عربي', 4],
  ['\u001b[2J', String.raw`\u001b[2J`.length],
])('%j takes %d columns', (text, width) => expect(widthOf(text)).toBe(width));

it('fills up by columns', () => {
  expect(padded('日本', 6)).toBe('日本  ');
  expect(padded('日本', 6, 'right')).toBe('  日本');
  expect(padded('too long', 3)).toBe('too long');
});

it('shortens after a whole character', () => {
  expect(shortened('plain', 5)).toBe('plain');
  expect(shortened('plainly', 5)).toBe('plai…');
  expect(shortened('日本語日本語', 6)).toBe('日本…');
  expect(shortened('aé👩‍👩‍👧👩‍👩‍👧', 5)).toBe('aé👩‍👩‍👧…');
});
