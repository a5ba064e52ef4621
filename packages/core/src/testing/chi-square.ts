/**
 * Pearson's statistic of observed counts against expected probabilities, as a standard normal deviate
 * (Wilson and Hilferty 1931): above 4 happens once in thirty thousand honest runs. Rare outcomes are
 * pooled so that every cell expects at least five; an outcome of probability 0 must not occur.
 */
export function chiSquareDeviate(counts: readonly number[], probabilities: readonly number[]): number {
  const total = counts.reduce((sum, count) => sum + count, 0);
  const cells: { count: number; expected: number }[] = [];
  const pool = { count: 0, expected: 0 };
  counts.forEach((count, i) => {
    const expected = probabilities[i] * total;
    if (expected >= 5) cells.push({ count, expected });
    else {
      if (expected === 0 && count > 0) throw new Error(`outcome ${i} is impossible and was seen`);
      pool.count += count;
      pool.expected += expected;
    }
  });
  if (pool.expected > 1) cells.push(pool);
  const freedom = cells.length - 1;
  if (freedom < 1) throw new Error('too few cells for a test');
  const statistic = cells.reduce((sum, { count, expected }) => sum + (count - expected) ** 2 / expected, 0);
  const spread = 2 / (9 * freedom);
  return (Math.cbrt(statistic / freedom) - (1 - spread)) / Math.sqrt(spread);
}
