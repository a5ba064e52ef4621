/** How many items of each label have a margin from `low` up to `high`. */
export interface HistogramBin {
  /** From this margin. */
  readonly low: number;
  /** Up to this margin. */
  readonly high: number;
  /** Items of label 1. */
  readonly positive: number;
  /** Items of label 0. */
  readonly negative: number;
}

const BINS = 32;

/** Counts margins in 32 bins of equal width, from the least margin to the greatest, which is in the last. */
export function histogram(margins: ArrayLike<number>, labels: ArrayLike<number>): HistogramBin[] {
  let low = Infinity;
  let high = -Infinity;
  for (let i = 0; i < margins.length; i++) {
    low = Math.min(low, margins[i]);
    high = Math.max(high, margins[i]);
  }
  const width = (high - low) / BINS || 1;
  const counts = [new Uint32Array(BINS), new Uint32Array(BINS)];
  for (let i = 0; i < margins.length; i++) {
    counts[labels[i]][Math.min(Math.floor((margins[i] - low) / width), BINS - 1)]++;
  }
  return Array.from({ length: BINS }, (_, i) => ({
    low: low + i * width,
    high: low + (i + 1) * width,
    positive: counts[1][i],
    negative: counts[0][i],
  }));
}
