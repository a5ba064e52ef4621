/** A threshold of a classifier. */
export interface RocPoint {
  /** Share of the items of label 0 above the threshold. */
  readonly falsePositives: number;
  /** Share of the items of label 1 above the threshold. */
  readonly truePositives: number;
}

/** A curve of more points is no better to look at. */
const MOST_POINTS = 200;

/**
 * The ROC curve from (0, 0) to (1, 1), by falling thresholds.
 *
 * @param points - Most thresholds to keep, evenly spaced (default 200).
 */
export function rocCurve(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  points = MOST_POINTS,
): RocPoint[] {
  const order = Uint32Array.from({ length: scores.length }, (_, i) => i);
  order.sort((a, b) => scores[b] - scores[a]);
  const counts = [{ up: 0, down: 0 }];
  let up = 0;
  order.forEach((item, i) => {
    up += labels[item];
    if (scores[order[i + 1]] !== scores[item]) counts.push({ up, down: i + 1 - up });
  });
  const last = counts[counts.length - 1];
  return thinned(counts, points).map((at) => ({
    falsePositives: at.down / last.down,
    truePositives: at.up / last.up,
  }));
}

function thinned<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  return Array.from({ length: most }, (_, i) => items[Math.round((i * (items.length - 1)) / (most - 1))]);
}
