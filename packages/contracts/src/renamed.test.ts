import { expect, it } from 'vitest';
import { attributeNameFault, givenAsBefore, moved, renamed } from './renamed.js';

it('finds what a name is now, among those that there are', () => {
  expect(renamed('attributes', ['weights', 'measure'])).toBe('weights');
  expect(renamed('attributes', ['measure'])).toBe('measure');
  expect(renamed('attributes', ['attributes'])).toBeUndefined();
  expect(renamed('toString', ['toString'])).toBeUndefined();
});

it('finds what is elsewhere now', () => {
  expect(moved('concurrency', ['prompt', 'maxTokens'])).toBe('limits.maxRows of createHalfspace');
  expect(moved('concurrency', ['endpoint'])).toBeUndefined();
});

it('says so where something is missing', () => {
  expect(givenAsBefore('ifMeanBelow', { below: {} })).toBe(' "below" is now "ifMeanBelow".');
  expect(givenAsBefore('ifMeanBelow', { under: {} })).toBe('');
  expect(givenAsBefore('ifMeanBelow', null)).toBe('');
});

it('says what an attribute is called now', () => {
  expect(renamed('toxicity', ['helpful', 'nontoxic'])).toBe('nontoxic');
  expect(renamed('toxicity', ['toxicity'])).toBeUndefined();
  expect(attributeNameFault('truthfulness')).toMatch(
    /^"truthfulness" is now "truthful": an attribute is named by/,
  );
  expect(attributeNameFault('truthful')).toBeUndefined();
  expect(attributeNameFault('constructor')).toBeUndefined();
});
