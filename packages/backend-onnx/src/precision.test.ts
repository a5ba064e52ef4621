import { describe, expect, it } from 'vitest';
import { cheapest } from './precision.js';

describe('the precision of a step', () => {
  // Milliseconds at 1, 4, 10, 20 and 64 rows.
  const costs = { f32: [20, 22, 26, 34, 100], int8: [9, 17, 27, 44, 130] };

  it('is the one that is faster for its rows', () => {
    expect([1, 4, 20, 64].map((rows) => cheapest(costs, rows))).toEqual(['int8', 'int8', 'f32', 'f32']);
  });

  it('goes by the nearest measured number of rows', () => {
    expect([0, 5, 17, 50_000].map((rows) => cheapest(costs, rows))).toEqual(['int8', 'int8', 'f32', 'f32']);
  });

  it('is that of a single row while the other saves little, because that would be held as well', () => {
    expect(cheapest(costs, 10)).toBe('int8');
    expect(cheapest({ f32: costs.int8, int8: costs.f32 }, 10)).toBe('f32');
  });
});
