import { createRandom } from './random.js';

/** Settings of a bootstrap. */
export interface BootstrapOptions {
  /** Default 1000. */
  readonly resamples?: number;
  /** Integer; the same seed gives the same interval (default 0). */
  readonly seed?: number;
  /**
   * How far out the ends of the interval are, as a share of the draws (default 0.025): less where few groups make the
   * draws vary less than the truth (`tailOf`).
   */
  readonly tail?: number;
}

/** A number with its 95 % interval. */
export interface Estimate {
  /** The number itself. */
  readonly value: number;
  /** Lower end of the interval. */
  readonly low: number;
  /** Upper end of the interval. */
  readonly high: number;
}

/** A number that can be had of items which count any number of times; NaN where it has no meaning. */
export type WeightedStatistic = (timesOf: (item: number) => number) => number;

/**
 * The percentile bootstrap interval (2.5 % to 97.5 %) of a statistic. Whole groups are drawn, with
 * replacement, because items of one group are not independent. Draws without a meaning, such as those
 * that miss a label, are drawn again.
 *
 * @param groups - The group of each item.
 * @param statistic - Must have a value where every item counts once.
 */
export function bootstrap(
  groups: ArrayLike<string | number>,
  statistic: WeightedStatistic,
  options?: BootstrapOptions,
): Estimate {
  const drawn = draw(groups, statistic, options);
  const { tail = 0.025 } = options ?? {};
  return { value: statistic(() => 1), low: quantile(drawn, tail), high: quantile(drawn, 1 - tail) };
}

/**
 * As {@link bootstrap}, for a statistic of at least 0 that noise makes larger, such as an error: every draw
 * adds noise of its own, so the interval is moved down by what the draws have on average above the statistic.
 */
export function bootstrapError(
  groups: ArrayLike<string | number>,
  statistic: WeightedStatistic,
  options?: BootstrapOptions,
): Estimate {
  const drawn = draw(groups, statistic, options);
  const value = statistic(() => 1);
  const excess = drawn.reduce((sum, each) => sum + each, 0) / drawn.length - value;
  return {
    value,
    low: Math.max(0, quantile(drawn, 0.025) - excess),
    high: quantile(drawn, 0.975) - excess,
  };
}

/** The statistic in each draw, ascending. */
function draw(
  groups: ArrayLike<string | number>,
  statistic: WeightedStatistic,
  { resamples = 1000, seed = 0 }: BootstrapOptions = {},
): Float64Array {
  const ids = new Map<string | number, number>();
  const groupOf = Int32Array.from(groups, (group) => {
    const id = ids.get(group) ?? ids.size;
    ids.set(group, id);
    return id;
  });
  const random = createRandom(seed);
  const times = new Float64Array(ids.size);
  return Float64Array.from({ length: resamples }, () => {
    let value = NaN;
    while (Number.isNaN(value)) {
      times.fill(0);
      for (let i = 0; i < times.length; i++) times[Math.floor(random() * times.length)]++;
      value = statistic((item) => times[groupOf[item]]);
    }
    return value;
  }).sort();
}

/** The mean of some numbers, one an item. */
export function weightedMean(values: readonly number[]): WeightedStatistic {
  return (timesOf) => {
    let sum = 0;
    let total = 0;
    for (let i = 0; i < values.length; i++) {
      sum += timesOf(i) * values[i];
      total += timesOf(i);
    }
    return sum / total;
  };
}

/** Linear interpolation between the order statistics, as in numpy. */
export function quantile(sorted: ArrayLike<number>, share: number): number {
  const at = share * (sorted.length - 1);
  const floor = Math.floor(at);
  const above = sorted[Math.min(floor + 1, sorted.length - 1)];
  return sorted[floor] + (at - floor) * (above - sorted[floor]);
}
