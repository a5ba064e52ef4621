import { expect, it } from 'vitest';
import { didYouMean } from './nearest.js';
import { givenAsBefore, renamed } from './renamed.js';

it('finds what a name is now, among those that there are', () => {
  expect(renamed('attributes', ['weights', 'measure'])).toBe('weights');
  expect(renamed('attributes', ['measure'])).toBe('measure');
  expect(renamed('attributes', ['attributes'])).toBeUndefined();
  expect(renamed('toString', ['toString'])).toBeUndefined();
});

it('says so where a name is not known, before it guesses', () => {
  expect(didYouMean('form', ['bonus', 'from'])).toBe(' "form" is now "bonus".');
  expect(didYouMean('early', ['yearly'])).toBe(' Did you mean "yearly"?');
});

it('says so where something is missing', () => {
  expect(givenAsBefore('ifMeanBelow', { below: {} })).toBe(' "below" is now "ifMeanBelow".');
  expect(givenAsBefore('ifMeanBelow', { under: {} })).toBe('');
  expect(givenAsBefore('ifMeanBelow', null)).toBe('');
});
