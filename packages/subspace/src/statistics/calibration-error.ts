import { quantile, type WeightedStatistic } from './bootstrap.js';
import { probabilityOf } from './log-odds.js';

/** Items of about the same margin. */
export interface ReliabilityBin {
  /** How many there are. */
  readonly count: number;
  /** Their mean probability of label 1, by the margins. */
  readonly predicted: number;
  /** The share of them that has the label 1. */
  readonly observed: number;
}

/** Most bins, and fewest items that one is worth. */
const MOST_BINS = 10;
const FEWEST_ITEMS = 20;

/** How many bins some items are put in: a bin for twenty, ten at most. */
export function binsFor(items: number): number {
  return Math.max(1, Math.min(MOST_BINS, Math.floor(items / FEWEST_ITEMS)));
}

/**
 * What a reliability diagram shows: items in bins of equal mass by their margin, from the lowest up. Equal
 * margins share a bin, so bins can differ in size, or be missing.
 *
 * @param margins - Log-odds of label 1.
 */
export function reliability(
  margins: ArrayLike<number>,
  labels: ArrayLike<number>,
  bins = binsFor(margins.length),
): ReliabilityBin[] {
  return binned(margins, labels, bins)(() => 1).filter(({ count }) => count > 0);
}

/**
 * Expected calibration error over the bins of {@link reliability}: how far probability and share are apart,
 * on average over items. Few items make it larger, never smaller.
 */
export function calibrationError(
  margins: ArrayLike<number>,
  labels: ArrayLike<number>,
  bins = binsFor(margins.length),
): number {
  return binnedError(margins, labels, bins)(() => 1);
}

/** The error in bins that stay where they are, for any number of weightings. */
export function binnedError(
  margins: ArrayLike<number>,
  labels: ArrayLike<number>,
  bins = binsFor(margins.length),
): WeightedStatistic {
  const weigh = binned(margins, labels, bins);
  return (timesOf) => {
    let error = 0;
    let total = 0;
    for (const { count, predicted, observed } of weigh(timesOf)) {
      if (count > 0) error += count * Math.abs(predicted - observed);
      total += count;
    }
    return error / total;
  };
}

function binned(margins: ArrayLike<number>, labels: ArrayLike<number>, bins: number) {
  const sorted = Float64Array.from(margins).sort();
  const edges = Array.from({ length: bins - 1 }, (_, i) => quantile(sorted, (i + 1) / bins));
  const binOf = Uint8Array.from(margins, (margin) => edges.filter((edge) => edge < margin).length);
  const probabilities = Float64Array.from(margins, probabilityOf);
  return (timesOf: (item: number) => number): ReliabilityBin[] => {
    const count = new Float64Array(bins);
    const predicted = new Float64Array(bins);
    const observed = new Float64Array(bins);
    for (let i = 0; i < binOf.length; i++) {
      const times = timesOf(i);
      count[binOf[i]] += times;
      predicted[binOf[i]] += times * probabilities[i];
      observed[binOf[i]] += times * labels[i];
    }
    return Array.from(count, (items, i) => ({
      count: items,
      predicted: predicted[i] / items,
      observed: observed[i] / items,
    }));
  };
}
