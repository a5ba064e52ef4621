/** Ranks from 1; equal values share the mean of theirs. */
export function midRanks(values: ArrayLike<number>): number[] {
  const order = [...Array(values.length).keys()].sort((a, b) => values[a] - values[b]);
  const ranks = Array.from<number>({ length: values.length });
  for (let start = 0, end = 0; start < order.length; start = end) {
    while (end < order.length && values[order[end]] === values[order[start]]) end++;
    for (let place = start; place < end; place++) ranks[order[place]] = (start + 1 + end) / 2;
  }
  return ranks;
}

/** Sums of some pairs of numbers, of which a correlation is made. */
export interface PairSums {
  readonly n: number;
  readonly x: number;
  readonly y: number;
  readonly xx: number;
  readonly yy: number;
  readonly xy: number;
}

/** Sums of pairs, item by item. */
export function pairSums(xs: readonly number[], ys: readonly number[]): PairSums {
  const sums = { n: xs.length, x: 0, y: 0, xx: 0, yy: 0, xy: 0 };
  xs.forEach((x, i) => {
    const y = ys[i];
    sums.x += x;
    sums.y += y;
    sums.xx += x * x;
    sums.yy += y * y;
    sums.xy += x * y;
  });
  return sums;
}

/** Pearson's correlation of all pairs of some parts, each counted so many times; NaN where one side does not vary. */
export function correlation(parts: readonly PairSums[], timesOf: (part: number) => number = () => 1): number {
  const all = { n: 0, x: 0, y: 0, xx: 0, yy: 0, xy: 0 };
  parts.forEach((part, i) => {
    const times = timesOf(i);
    all.n += times * part.n;
    all.x += times * part.x;
    all.y += times * part.y;
    all.xx += times * part.xx;
    all.yy += times * part.yy;
    all.xy += times * part.xy;
  });
  const { n, x, y, xx, yy, xy } = all;
  const spread = (n * xx - x * x) * (n * yy - y * y);
  return spread > 0 ? (n * xy - x * y) / Math.sqrt(spread) : NaN;
}

/** Spearman's correlation, −1 to 1; NaN where one side does not vary. */
export function spearman(xs: ArrayLike<number>, ys: ArrayLike<number>): number {
  return correlation([pairSums(centredRanks(xs), centredRanks(ys))]);
}

/** Ranks less their mean, so that sums of squares stay exact. */
export function centredRanks(values: ArrayLike<number>): number[] {
  return midRanks(values).map((rank) => rank - (values.length + 1) / 2);
}
