import { HalfspaceError } from '@halfspace/core';
import { bootstrap, type BootstrapOptions, type WeightedStatistic } from './bootstrap.js';

/** An area under the ROC curve with its 95 % interval. */
export interface AurocInterval {
  /** The area, 0 to 1; 0.5 is chance. */
  readonly auroc: number;
  /** Lower end of the interval. */
  readonly low: number;
  /** Upper end of the interval. */
  readonly high: number;
}

/**
 * The probability that a random item of label 1 scores above a random item of label 0, ties counting
 * half. An item of another label is drawn on either side, in proportion. O(n log n).
 *
 * @param scores - Finite numbers.
 * @param labels - A number from 0 to 1 for each.
 * @throws HalfspaceError `one-sided-data` when a label is missing.
 */
export function auroc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  return checked(rankedArea(scores, labels)(() => 1));
}

/**
 * The AUROC with its percentile bootstrap interval (2.5 % to 97.5 %). Whole groups are drawn, with
 * replacement, because items of one group are not independent. Draws that miss a label are drawn again.
 *
 * @param groups - The group of each item.
 * @param options - How many draws, from which seed.
 * @throws HalfspaceError `one-sided-data` when a label is missing.
 */
export function bootstrapAuroc(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  groups: ArrayLike<string | number>,
  options?: BootstrapOptions,
): AurocInterval {
  const area = rankedArea(scores, labels);
  checked(area(() => 1));
  const { value, low, high } = bootstrap(groups, area, options);
  return { auroc: value, low, high };
}

function checked(area: number): number {
  if (!Number.isNaN(area)) return area;
  throw new HalfspaceError('one-sided-data', 'An AUROC needs items of label 1 and of label 0.');
}

/** Sorts once, so that the area can be had for many weightings in linear time each; NaN if one-sided. */
export function rankedArea(scores: ArrayLike<number>, labels: ArrayLike<number>): WeightedStatistic {
  const count = rankedWins(scores, labels);
  return (timesOf) => {
    const { wins, pairs } = count(timesOf);
    return wins / pairs;
  };
}

/** How many pairs of an item of label 1 and one of label 0 there are, and in how many the first scores higher. */
export interface Wins {
  readonly wins: number;
  readonly pairs: number;
}

/** As {@link rankedArea}, before the one is divided by the other. */
export function rankedWins(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
): (timesOf: (item: number) => number) => Wins {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i);
  order.sort((a, b) => scores[a] - scores[b]);
  return (timesOf) => {
    let wins = 0;
    let below = 0;
    let positives = 0;
    for (let start = 0; start < order.length;) {
      let up = 0;
      let down = 0;
      const score = scores[order[start]];
      for (; start < order.length && scores[order[start]] === score; start++) {
        const item = order[start];
        const times = timesOf(item);
        up += times * labels[item];
        down += times * (1 - labels[item]);
      }
      wins += up * (below + down / 2);
      below += down;
      positives += up;
    }
    return { wins, pairs: positives * below };
  };
}
