import { auroc, rankedArea } from '../statistics/auroc.js';
import { bootstrap, bootstrapError, type BootstrapOptions, type Estimate } from '../statistics/bootstrap.js';
import { rankedPrecision } from '../statistics/average-precision.js';
import { binnedError, reliability, type ReliabilityBin } from '../statistics/calibration-error.js';
import { groupBy } from './group-by.js';
import { histogram, type HistogramBin } from '../statistics/histogram.js';
import { brierScore, isRight, logLoss } from '../statistics/log-odds.js';
import { type Items, itemsOf, type MarginTrack, readItems, type Pooling, POOLINGS } from './margin-track.js';
import { rocCurve, type RocPoint } from '../statistics/roc-curve.js';

/** How well margins tell the labels, read in one way; intervals by a bootstrap over groups. */
export interface PoolingFigures {
  /** Area under the ROC curve; 0.5 is chance. */
  readonly auroc: Estimate;
  /** Area under the precision–recall curve. */
  readonly averagePrecision: Estimate;
  /** Share on the right side of margin 0. */
  readonly accuracy: Estimate;
  /** Brier score: mean squared error of the probability; 0 is perfect. */
  readonly brier: number;
  /** In nats. */
  readonly logLoss: number;
  /** Expected calibration error over the bins of `reliability`. */
  readonly calibrationError: Estimate;
  /** Bins of equal mass: ten, or fewer where that would be less than twenty items each. */
  readonly reliability: readonly ReliabilityBin[];
}

/** What the margin after some tenths of a text says of the finished text. */
export interface TenthFigures {
  /** 1 to 10; the margin is the one after the last token of this tenth. */
  readonly tenth: number;
  /** Area under the ROC curve; 0.5 is chance. */
  readonly auroc: Estimate;
  /** Expected calibration error. */
  readonly calibrationError: Estimate;
}

/** Figures of one group, read after the last token. */
export interface GroupFigures {
  /** Name of the group. */
  readonly group: string;
  /** Its rows. */
  readonly rows: number;
  /** Those of label 1. */
  readonly positive: number;
  /** Area under the ROC curve; 0.5 is chance. */
  readonly auroc: number;
  /** Share on the right side of margin 0. */
  readonly accuracy: number;
}

/** Everything that margins and labels tell of a subspace. */
export interface MarginFigures {
  /** By the way that responses are read. */
  readonly poolings: Readonly<Record<Pooling, PoolingFigures>>;
  /** From the first tenth of a response to the whole of it. */
  readonly tenths: readonly TenthFigures[];
  /** Groups with at least twenty rows, five of each label, from the worst AUROC to the best. */
  readonly groups: readonly GroupFigures[];
  /** Of the margins after the last token. */
  readonly roc: readonly RocPoint[];
  /** Of the margins after the last token. */
  readonly histogram: readonly HistogramBin[];
}

/** Fewest rows of a group, and fewest of each label in it, for figures of its own. */
const FEWEST_ROWS = 20;
const FEWEST_OF_A_LABEL = 5;

/**
 * Measures margins against labels. The rows must be none that the subspace was fitted or calibrated on.
 *
 * @throws HalfspaceError `one-sided-data` when a label is missing.
 */
export function measureMargins(
  tracks: readonly MarginTrack[],
  options: BootstrapOptions = {},
): MarginFigures {
  const items = Object.fromEntries(
    POOLINGS.map((pooling) => [pooling, readItems(tracks, pooling)]),
  ) as Record<Pooling, Items>;
  const { margins, labels } = items.last;
  // Says what is wrong where a label is missing.
  auroc(margins, labels);
  return {
    poolings: Object.fromEntries(
      POOLINGS.map((pooling) => [pooling, measurePooling(items[pooling], options)]),
    ) as Record<Pooling, PoolingFigures>,
    tenths: Array.from({ length: 10 }, (_, i) => measureTenth(tracks, i + 1, options)),
    groups: measureGroups(tracks),
    roc: rocCurve(margins, labels),
    histogram: histogram(margins, labels),
  };
}

function measurePooling({ margins, labels, groups }: Items, options: BootstrapOptions): PoolingFigures {
  return {
    auroc: bootstrap(groups, rankedArea(margins, labels), options),
    averagePrecision: bootstrap(groups, rankedPrecision(margins, labels), options),
    accuracy: bootstrap(groups, shareRight(margins, labels), options),
    brier: brierScore(margins, labels),
    logLoss: logLoss(margins, labels),
    calibrationError: bootstrapError(groups, binnedError(margins, labels), options),
    reliability: reliability(margins, labels),
  };
}

function shareRight(margins: ArrayLike<number>, labels: ArrayLike<number>) {
  return (timesOf: (item: number) => number): number => {
    let right = 0;
    let total = 0;
    for (let i = 0; i < margins.length; i++) {
      const times = timesOf(i);
      total += times;
      if (isRight(margins[i], labels[i])) right += times;
    }
    return right / total;
  };
}

function measureTenth(
  tracks: readonly MarginTrack[],
  tenth: number,
  options: BootstrapOptions,
): TenthFigures {
  const { margins, labels, groups } = itemsOf(tracks, (track) => [
    track[Math.ceil((track.length * tenth) / 10) - 1],
  ]);
  return {
    tenth,
    auroc: bootstrap(groups, rankedArea(margins, labels), options),
    calibrationError: bootstrapError(groups, binnedError(margins, labels), options),
  };
}

function measureGroups(tracks: readonly MarginTrack[]): GroupFigures[] {
  return [...groupBy(tracks, ({ group }) => group)]
    .map(([group, members]) => ({
      group,
      members,
      positive: members.filter(({ label }) => label === 1).length,
    }))
    .filter(
      ({ members, positive }) =>
        members.length >= FEWEST_ROWS &&
        positive >= FEWEST_OF_A_LABEL &&
        members.length - positive >= FEWEST_OF_A_LABEL,
    )
    .map(({ group, members, positive }) => {
      const { margins, labels } = readItems(members, 'last');
      const right = members.filter(({ label }, i) => isRight(margins[i], label)).length;
      return {
        group,
        rows: members.length,
        positive,
        auroc: auroc(margins, labels),
        accuracy: right / members.length,
      };
    })
    .sort((a, b) => a.auroc - b.auroc);
}
