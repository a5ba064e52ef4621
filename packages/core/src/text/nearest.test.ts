import { expect, it } from 'vitest';
import { didYouMean, nearest } from './nearest.js';

const NAMES = ['toxicity', 'helpfulness', 'truthfulness', 'f32'];

it.each([
  ['toxcity', 'toxicity'],
  ['Toxicity', 'toxicity'],
  [' helpfulness ', 'helpfulness'],
  ['truthfullness', 'truthfulness'],
  ['toxiticy', 'toxicity'],
  ['f23', undefined],
  ['calm', undefined],
  ['', undefined],
  ['x'.repeat(100_000), undefined],
])('of %j takes %j to be meant', (asked, meant) => {
  expect(nearest(asked, NAMES)).toBe(meant);
});

it('says so in a sentence, or says nothing', () => {
  expect(didYouMean('toxcity', NAMES)).toBe(' Did you mean "toxicity"?');
  expect(didYouMean('calm', NAMES)).toBe('');
});
