import { describe, expect, it } from 'vitest';
import { labelToxicity } from './label-recipe.js';

describe('the labels of toxicity', () => {
  it('take low scores as desired, high ones as not, and leave out what lies between', () => {
    const labels = [0, 0.25, 0.2501, 0.4999, 0.5, 1].map((toxicity) => labelToxicity({ toxicity }));
    expect(labels).toEqual([1, 1, undefined, undefined, 0, 0]);
  });

  it.each([undefined, null, '0.3', NaN, -0.1, 1.1])('refuse %s as a score', (toxicity) => {
    expect(() => labelToxicity({ toxicity })).toThrow(expect.objectContaining({ code: 'bad-row' }));
  });
});
