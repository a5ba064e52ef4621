import { HalfspaceError } from '@halfspace/core';
import { createRandom } from './random.js';

/** An area under the ROC curve with its 95 % interval. */
export interface AurocInterval {
  /** The area, 0 to 1; 0.5 is chance. */
  readonly auroc: number;
  /** Lower end of the interval. */
  readonly low: number;
  /** Upper end of the interval. */
  readonly high: number;
}

/** Settings of {@link bootstrapAuroc}. */
export interface BootstrapOptions {
  /** Default 1000. */
  readonly resamples?: number;
  /** Integer; the same seed gives the same interval (default 0). */
  readonly seed?: number;
}

/**
 * The probability that a random item of label 1 scores above a random item of label 0, ties counting
 * half. O(n log n).
 *
 * @param scores - Finite numbers.
 * @param labels - 0 or 1 for each.
 * @throws HalfspaceError `one-sided-data` when a label is missing.
 */
export function auroc(scores: ArrayLike<number>, labels: ArrayLike<number>): number {
  const area = rank(scores, labels).area(() => 1);
  if (Number.isNaN(area)) {
    throw new HalfspaceError('one-sided-data', 'An AUROC needs items of label 1 and of label 0.');
  }
  return area;
}

/**
 * The AUROC with its percentile bootstrap interval (2.5 % to 97.5 %). Whole groups are drawn, with
 * replacement, because items of one group are not independent. Draws that miss a label are drawn again.
 *
 * @param groups - The group of each item.
 * @throws HalfspaceError `one-sided-data` when a label is missing.
 */
export function bootstrapAuroc(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  groups: ArrayLike<string>,
  { resamples = 1000, seed = 0 }: BootstrapOptions = {},
): AurocInterval {
  const estimate = auroc(scores, labels);
  const ids = new Map<string, number>();
  const groupOf = Int32Array.from(groups, (group) => {
    const id = ids.get(group) ?? ids.size;
    ids.set(group, id);
    return id;
  });
  const random = createRandom(seed);
  const ranked = rank(scores, labels);
  const times = new Float64Array(ids.size);
  const areas = Float64Array.from({ length: resamples }, () => {
    let drawn = NaN;
    while (Number.isNaN(drawn)) {
      times.fill(0);
      for (let i = 0; i < times.length; i++) times[Math.floor(random() * times.length)]++;
      drawn = ranked.area((item) => times[groupOf[item]]);
    }
    return drawn;
  }).sort();
  return { auroc: estimate, low: quantile(areas, 0.025), high: quantile(areas, 0.975) };
}

/** Sorts once, so that the area can be had for many weightings in linear time each; NaN if one-sided. */
function rank(scores: ArrayLike<number>, labels: ArrayLike<number>) {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i);
  order.sort((a, b) => scores[a] - scores[b]);
  return {
    area(weightOf: (item: number) => number): number {
      let wins = 0;
      let below = 0;
      let positives = 0;
      for (let start = 0; start < order.length;) {
        let up = 0;
        let down = 0;
        const score = scores[order[start]];
        for (; start < order.length && scores[order[start]] === score; start++) {
          const item = order[start];
          if (labels[item] === 1) up += weightOf(item);
          else down += weightOf(item);
        }
        wins += up * (below + down / 2);
        below += down;
        positives += up;
      }
      return wins / (positives * below);
    },
  };
}

/** Linear interpolation between the order statistics, as in numpy. */
function quantile(sorted: Float64Array, share: number): number {
  const at = share * (sorted.length - 1);
  const floor = Math.floor(at);
  const above = sorted[Math.min(floor + 1, sorted.length - 1)];
  return sorted[floor] + (at - floor) * (above - sorted[floor]);
}
