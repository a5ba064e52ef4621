import { HalfspaceError } from '@halfspace/core';
import type { WeightedStatistic } from './bootstrap.js';

/**
 * Average precision, the usual area under the precision–recall curve: the precision at each threshold,
 * weighted by the recall that it adds. Ties are one threshold. Chance reaches the share of label 1.
 *
 * @param scores - Finite numbers.
 * @param labels - 0 or 1 for each.
 * @throws HalfspaceError `one-sided-data` when label 1 is missing.
 */
export function averagePrecision(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const precision = rankedPrecision(scores, labels)(() => 1);
  if (!Number.isNaN(precision)) return precision;
  throw new HalfspaceError('one-sided-data', 'An average precision needs items of label 1.');
}

/** Sorts once, for any number of weightings; NaN without label 1. */
export function rankedPrecision(scores: ArrayLike<number>, labels: ArrayLike<number>): WeightedStatistic {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i);
  order.sort((a, b) => scores[b] - scores[a]);
  return (timesOf) => {
    let sum = 0;
    let found = 0;
    let seen = 0;
    for (let start = 0; start < order.length;) {
      let added = 0;
      const score = scores[order[start]];
      for (; start < order.length && scores[order[start]] === score; start++) {
        const times = timesOf(order[start]);
        seen += times;
        if (labels[order[start]] === 1) added += times;
      }
      found += added;
      // Where nothing was drawn yet, 0 / 0 would be no number.
      if (added > 0) sum += added * (found / seen);
    }
    return sum / found;
  };
}
