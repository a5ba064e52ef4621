import { expect, it } from 'vitest';
import { parseLayers } from './layers.js';

it.each([
  ['18', [18]],
  ['22,14,14,18', [14, 18, 22]],
  ['0-3', [0, 1, 2, 3]],
  ['30,4-6,5', [4, 5, 6, 30]],
])('reads %s', (text, layers) => {
  expect(parseLayers(text)).toEqual(layers);
});

it.each(['', '-1', '5-3', '1,', '1.5', 'a', '1 2', '1000', '3-'])('refuses %j', (text) => {
  expect(() => parseLayers(text)).toThrow('layers from 0');
});
