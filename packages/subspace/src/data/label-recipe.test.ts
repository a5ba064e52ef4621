import { describe, expect, it } from 'vitest';
import { labelBy } from './label-recipe.js';

describe('a label recipe', () => {
  const labelOf = labelBy({ column: 'toxicity', desired: { to: 0.25 }, undesired: { from: 0.5 } });

  it('takes the ends of its sides, and leaves out what lies between', () => {
    const labels = [0, 0.25, 0.2501, 0.4999, 0.5, 1].map((toxicity) => labelOf({ toxicity }));
    expect(labels).toEqual([1, 1, undefined, undefined, 0, 0]);
  });

  it('may have the desired side above', () => {
    const helpful = labelBy({ column: 'helpful', desired: { from: 1 }, undesired: { to: 0 } });
    expect([0, 0.5, 1].map((value) => helpful({ helpful: value }))).toEqual([0, undefined, 1]);
  });

  it.each([undefined, null, '0.3', NaN, -0.1, 1.1])('refuses %s', (toxicity) => {
    expect(() => labelOf({ toxicity })).toThrow(expect.objectContaining({ code: 'bad-row' }));
  });
});
