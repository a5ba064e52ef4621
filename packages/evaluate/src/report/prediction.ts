import type { Estimate } from '@halfspace/subspace';
import { centredRanks, correlation, pairSums, spearman } from '../metrics/rank-correlation.js';
import { estimate, meanOf } from './method-figures.js';
import type { UnitFigures } from './unit-figures.js';

/** Bins of margins: deciles of the first method's. */
const BINS = 10;

/** Completions with margins in one bin. */
export interface MarginBin {
  /** Mean margin, log-odds. */
  readonly margin: number;
  /** The judge's mean score. */
  readonly score: number;
  /** How many they are. */
  readonly completions: number;
}

/**
 * How far the mean margin of a completion foretells what a judge says of it. Intervals are 95 %, by a bootstrap over prompts.
 * NaN where there is nothing to compare.
 */
export interface MarginPrediction {
  /** Spearman's correlation over all completions: 1 where a higher margin always means that the judge likes it better. */
  readonly overall: Estimate;
  /** The same among the completions of a prompt; mean over the prompts where both vary. */
  readonly within: Estimate;
  /**
   * The judge's mean score less that of the first method's completions with the same margins: what steering has gained in
   * margin and not with the judge.
   */
  readonly excess: Estimate;
  /** By deciles of the first method's margins, lowest first; those that have completions. */
  readonly bins: readonly MarginBin[];
}

/** Margins and scores of the completions of one prompt, those that have both. */
interface Sample {
  readonly prompt: number;
  readonly margins: readonly number[];
  readonly scores: readonly number[];
}

/**
 * What margins of a method's completions foretell of a judge's scores, by attribute.
 *
 * @param units - Of the method.
 * @param first - Of the first method, on the same suite.
 */
export function predictions(
  units: readonly UnitFigures[],
  first: readonly UnitFigures[],
  judge: { readonly name: string; readonly desired: 'low' | 'high' },
): Record<string, MarginPrediction> {
  const attributes = Object.keys(units[0]?.samples.margins ?? {});
  return Object.fromEntries(
    attributes.map((attribute) => {
      const own = samplesOf(units, attribute, judge.name);
      return [attribute, predictionOf(own, samplesOf(first, attribute, judge.name), judge.desired)];
    }),
  );
}

function samplesOf(units: readonly UnitFigures[], attribute: string, judge: string): Sample[] {
  return units.flatMap(({ prompt, samples }) => {
    const { [attribute]: margins = [] } = samples.margins;
    const { [judge]: scores = [] } = samples.scores;
    const both = margins.map((margin, i) => !Number.isNaN(margin) && i < scores.length);
    if (!both.includes(true)) return [];
    const kept = (values: readonly number[]) => values.filter((_, i) => both[i]);
    return [{ prompt, margins: kept(margins), scores: kept(scores) }];
  });
}

function predictionOf(
  own: readonly Sample[],
  first: readonly Sample[],
  desired: 'low' | 'high',
): MarginPrediction {
  const sign = desired === 'high' ? 1 : -1;
  const edges = binEdges(first.flatMap(({ margins }) => margins));
  return {
    overall: overall(own, sign),
    within: meanOf(
      own
        .map(({ margins, scores }) => sign * spearman(margins, scores))
        .filter((each) => !Number.isNaN(each)),
    ),
    excess: excess(own, first, edges),
    bins: binsOf(own, edges),
  };
}

/** By the ranks among all completions, which the draws of the bootstrap keep. */
function overall(samples: readonly Sample[], sign: number): Estimate {
  const margins = centredRanks(samples.flatMap((sample) => sample.margins));
  const scores = centredRanks(samples.flatMap((sample) => sample.scores)).map((rank) => sign * rank);
  let end = 0;
  const parts = samples.map((sample) => {
    const start = end;
    end += sample.margins.length;
    return pairSums(margins.slice(start, end), scores.slice(start, end));
  });
  return estimate(parts.length, (timesOf) => correlation(parts, timesOf));
}

/** Where one bin ends and the next begins, ascending. */
function binEdges(margins: readonly number[]): number[] {
  const sorted = margins.toSorted((a, b) => a - b);
  return Array.from({ length: BINS - 1 }, (_, i) => sorted[Math.floor(((i + 1) * sorted.length) / BINS)]);
}

function binOf(margin: number, edges: readonly number[]): number {
  return edges.filter((edge) => margin >= edge).length;
}

/** Of each bin the number of completions, and sums of their margins and scores. */
interface BinSums {
  readonly counts: Float64Array;
  readonly margins: Float64Array;
  readonly scores: Float64Array;
}

function binSums({ margins, scores }: Pick<Sample, 'margins' | 'scores'>, edges: readonly number[]): BinSums {
  const [counts, marginSums, scoreSums] = [0, 1, 2].map(() => new Float64Array(BINS));
  margins.forEach((margin, i) => {
    const bin = binOf(margin, edges);
    counts[bin]++;
    marginSums[bin] += margin;
    scoreSums[bin] += scores[i];
  });
  return { counts, margins: marginSums, scores: scoreSums };
}

function binsOf(samples: readonly Sample[], edges: readonly number[]): MarginBin[] {
  const all = {
    margins: samples.flatMap(({ margins }) => margins),
    scores: samples.flatMap(({ scores }) => scores),
  };
  const { counts, margins, scores } = binSums(all, edges);
  return [...counts].flatMap((completions, bin) =>
    completions === 0
      ? []
      : [{ margin: margins[bin] / completions, score: scores[bin] / completions, completions }],
  );
}

/** Over the bins that both have. */
function excess(own: readonly Sample[], first: readonly Sample[], edges: readonly number[]): Estimate {
  const others = new Map(first.map((sample) => [sample.prompt, binSums(sample, edges)]));
  const pairs = own.flatMap((sample) => {
    const other = others.get(sample.prompt);
    return other === undefined ? [] : [{ own: binSums(sample, edges), other }];
  });
  return estimate(pairs.length, (timesOf) => {
    const totals = { own: emptyBins(), other: emptyBins() };
    pairs.forEach((pair, i) => {
      addBins(totals.own, pair.own, timesOf(i));
      addBins(totals.other, pair.other, timesOf(i));
    });
    let [sum, weight] = [0, 0];
    totals.own.counts.forEach((count, bin) => {
      const otherCount = totals.other.counts[bin];
      if (count === 0 || otherCount === 0) return;
      sum += totals.own.scores[bin] - (count * totals.other.scores[bin]) / otherCount;
      weight += count;
    });
    return sum / weight;
  });
}

function emptyBins(): Pick<BinSums, 'counts' | 'scores'> {
  return { counts: new Float64Array(BINS), scores: new Float64Array(BINS) };
}

function addBins(
  total: Pick<BinSums, 'counts' | 'scores'>,
  { counts, scores }: BinSums,
  times: number,
): void {
  for (let bin = 0; bin < BINS; bin++) {
    total.counts[bin] += times * counts[bin];
    total.scores[bin] += times * scores[bin];
  }
}
