import { defineAttribute } from '@halfspace/core';
import { expect, it } from 'vitest';
import type { WeightedAttribute } from '../attributes/load-attributes.js';
import { cappedWeights } from './capped-weights.js';

const attribute = (name: string) => defineAttribute({ name, description: name, subspaces: [] });
const chosen: WeightedAttribute[] = [
  { attribute: attribute('kind'), weight: 2 },
  { attribute: attribute('calm'), weight: '1 - progress' },
  { attribute: attribute('brief'), weight: { weight: 1, cap: 3 } },
];
const choices = [{ source: 'kind' }, { source: './calm.json' }, { source: 'brief' }];

it('leaves weights as they are where no flag gives a cap', () => {
  expect(cappedWeights(chosen, choices)).toEqual({
    kind: 2,
    calm: '1 - progress',
    brief: { weight: 1, cap: 3 },
  });
});

it('gives one attribute its cap, by its name or by what it was named by, and the others that of all', () => {
  for (const name of ['calm', './calm.json']) {
    expect(cappedWeights(chosen, choices, { all: 1, own: { [name]: Infinity } })).toEqual({
      kind: { weight: 2, cap: 1 },
      calm: { weight: '1 - progress', cap: Infinity },
      brief: { weight: 1, cap: 1 },
    });
  }
});

it('refuses the cap of what is not named', () => {
  expect(() => cappedWeights(chosen, choices, { own: { kindly: 1 } })).toThrow(
    /--cap kindly is of an attribute/,
  );
});
