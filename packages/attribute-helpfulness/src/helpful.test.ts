import { describe, expect, it } from 'vitest';
import { helpful, labelOf } from './helpful.js';

describe('helpful', () => {
  it('has a subspace for the default model, and one that ends where candidates can stop', () => {
    expect(new Set(helpful.subspaces.map(({ layers }) => layers.join()))).toEqual(
      new Set(['14,18', '14,18,22']),
    );
  });

  it('takes 1 as informative, 0 as not, and nothing between them', () => {
    expect([1, 0.5, 0].map((helpful) => labelOf({ helpful }))).toEqual([1, undefined, 0]);
  });
});
