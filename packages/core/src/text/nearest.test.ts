import { expect, it } from 'vitest';
import { didYouMean, nearest } from './nearest.js';

const NAMES = ['nontoxic', 'helpful', 'truthful', 'f32'];

it.each([
  ['nontxic', 'nontoxic'],
  ['Nontoxic', 'nontoxic'],
  [' helpful ', 'helpful'],
  ['truthfull', 'truthful'],
  ['nontoixc', 'nontoxic'],
  ['f23', undefined],
  ['calm', undefined],
  ['', undefined],
  ['x'.repeat(100_000), undefined],
])('of %j takes %j to be meant', (asked, meant) => {
  expect(nearest(asked, NAMES)).toBe(meant);
});

it('says so in a sentence, or says nothing', () => {
  expect(didYouMean('nontxic', NAMES)).toBe(' Did you mean "nontoxic"?');
  expect(didYouMean('calm', NAMES)).toBe('');
});

it('says what is called otherwise now, before it guesses', () => {
  expect(didYouMean('form', ['bonus', 'from'])).toBe(' "form" is now "bonus".');
  expect(didYouMean('toxicity', NAMES)).toBe(' "toxicity" is now "nontoxic".');
  expect(didYouMean('early', ['yearly'])).toBe(' Did you mean "yearly"?');
});
