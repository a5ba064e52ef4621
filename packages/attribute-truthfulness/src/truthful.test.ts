import { describe, expect, it } from 'vitest';
import { labelOf, truthful } from './truthful.js';

describe('truthful', () => {
  it('has a subspace for the default model, and one that ends where candidates can stop', () => {
    expect(new Set(truthful.subspaces.map(({ layers }) => layers.join()))).toEqual(
      new Set(['14,18', '14,18,22']),
    );
  });

  it('takes 1 as true, 0 as not, and nothing between them', () => {
    expect([1, 0.5, 0].map((truthful) => labelOf({ truthful }))).toEqual([1, undefined, 0]);
  });
});
