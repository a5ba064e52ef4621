import { normalProbability } from './normal-probability.js';

/** The normal quantile of a 95 % interval. */
const NORMAL = 1.959964;
/** Steps of a bisection: its error is below 2 ** -40. */
const STEPS = 40;

/** The 97.5 % quantile of Student's t with some degrees of freedom (Hill 1970 as a series; error below 0.01 from 3 on). */
export function studentQuantile(freedom: number): number {
  const z = NORMAL;
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
    (79 * z ** 9 + 776 * z ** 7 + 1482 * z ** 5 - 1920 * z ** 3 - 945 * z) / 92160,
  ];
  return terms.reduce((sum, term, i) => sum + term / Math.max(1, freedom) ** (i + 1), z);
}

/**
 * How far out to read the percentiles of a bootstrap of n groups for a 95 % interval: draws of few items vary less than
 * the truth, by √((n − 1) / n), and as if their deviation were known (the expanded percentile interval of Hesterberg
 * 2015, "What Teachers Should Know About the Bootstrap").
 */
export function tailOf(groups: number): number {
  if (groups < 2) return 0;
  return normalProbability(-Math.sqrt(groups / (groups - 1)) * studentQuantile(groups - 1));
}

/** Both ends of an interval. */
interface Ends {
  readonly low: number;
  readonly high: number;
}

/**
 * What an area under the ROC curve of so few items may be in truth (Newcombe 2006, "Confidence intervals for an effect size
 * measure based on the Mann–Whitney statistic. Part 2", method 5, with Student's t in place of the normal quantile). Unlike a
 * bootstrap it has a width where the two sides do not overlap at all.
 *
 * @param positives - Independent items of label 1.
 * @param negatives - Independent items of label 0.
 */
export function areaInterval(area: number, positives: number, negatives: number): Ends {
  const others = (positives + negatives) / 2 - 1;
  return around(area, Math.min(positives, negatives), (truth) => {
    const shape = 1 + others * ((1 - truth) / (2 - truth) + truth / (1 + truth));
    return (truth * (1 - truth) * shape) / (positives * negatives);
  });
}

/** What a share of so few items may be in truth (Wilson 1927, with Student's t in place of the normal quantile). */
export function shareInterval(share: number, items: number): Ends {
  return around(share, items, (truth) => (truth * (1 - truth)) / items);
}

/** The truths from which a figure is no more than t standard errors away. */
function around(figure: number, items: number, varianceAt: (truth: number) => number): Ends {
  const t = studentQuantile(items - 1);
  const tooFar = (truth: number) => (figure - truth) ** 2 > t ** 2 * varianceAt(truth);
  const end = (outermost: number): number => {
    let [out, within] = [outermost, figure];
    if (!tooFar(out)) return out;
    for (let step = 0; step < STEPS; step++) {
      const middle = (out + within) / 2;
      if (tooFar(middle)) out = middle;
      else within = middle;
    }
    return within;
  };
  return { low: end(0), high: end(1) };
}
