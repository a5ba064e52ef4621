import { expect, it } from 'vitest';
import { parseMethodSpec } from './method-spec.js';

it.each([
  [{ method: 'plane' }, 'There is no method "plane". Did you mean "plain"? There are plain, '],
  [{ method: 3 }, 'There is no method 3. There are plain, '],
  [
    { method: 'sasa', attribute: 'nontoxic', beta: 1, betta: 500 },
    '"betta" is none of its parameters. Did you mean "beta"? There are ',
  ],
  [
    { method: 'sasa', attribute: 'nontoxic', beta: '500' },
    'The method sasa: beta must be number; got "500".',
  ],
  [{ method: 'sasa', beta: 500 }, 'The method sasa: it must have "attribute", which is missing.'],
])('says of %j what is wrong, and what was meant', async (spec, message) => {
  await expect(parseMethodSpec(spec)).rejects.toThrow(message);
});
