import { rankedArea } from '../statistics/auroc.js';
import { bootstrap, type BootstrapOptions, type Estimate, weightedMean } from '../statistics/bootstrap.js';
import type { EncodedRow } from '../data/response-states.js';
import { pairUp, win } from '../data/pairs.js';
import { hashOf } from '../data/split.js';
import { PAIR_POOLINGS, type PairPooling } from './pair-figures.js';

/** How well distances tell the sides apart, by pooling; intervals by a bootstrap over groups. */
export interface SeparationFigures {
  /** Area under the ROC curve; 0.5 is chance. */
  readonly auroc: Readonly<Record<PairPooling, Estimate>>;
  /** Where rows are pairs, the share of them in which the chosen response has the larger distance. */
  readonly won?: Readonly<Record<PairPooling, Estimate>>;
}

/** What is kept of a row: five numbers. */
interface Item extends Record<PairPooling, number> {
  readonly label: 0 | 1;
  readonly group: number;
}

/** Gathers the distances of rows, in any order, and measures how well they tell the sides apart. */
export interface Separation {
  /** @param distances - One after each token of the response. */
  add(row: Pick<EncodedRow, 'number' | 'label' | 'group'>, distances: Float64Array): void;
  /** @param options - `pairs`: whether rows are chosen and rejected ones in turn. */
  measure(options: BootstrapOptions & { readonly pairs: boolean }): SeparationFigures;
}

/** A {@link Separation} of no rows yet. */
export function createSeparation(): Separation {
  const items: Item[] = [];
  return {
    add({ number, label, group }, distances) {
      items[number - 1] = {
        last: distances[distances.length - 1],
        mean: distances.reduce((sum, distance) => sum + distance, 0) / distances.length,
        min: distances.reduce((least, distance) => Math.min(least, distance)),
        label: label >= 0.5 ? 1 : 0,
        group: hashOf(group),
      };
    },
    measure({ pairs, ...options }) {
      const labels = items.map(({ label }) => label);
      const groups = items.map(({ group }) => group);
      const auroc = byPooling((pooling) =>
        bootstrap(
          groups,
          rankedArea(
            items.map((item) => item[pooling]),
            labels,
          ),
          options,
        ),
      );
      return { auroc, ...(pairs ? { won: sharesWon(items, options) } : {}) };
    },
  };
}

function sharesWon(items: readonly Item[], options: BootstrapOptions): Record<PairPooling, Estimate> {
  const pairs = pairUp(items);
  const groups = pairs.map(({ chosen }) => chosen.group);
  return byPooling((pooling) => {
    const wins = pairs.map(({ chosen, rejected }) => win(chosen[pooling] - rejected[pooling]));
    return bootstrap(groups, weightedMean(wins), options);
  });
}

function byPooling(estimate: (pooling: PairPooling) => Estimate): Record<PairPooling, Estimate> {
  return Object.fromEntries(PAIR_POOLINGS.map((pooling) => [pooling, estimate(pooling)])) as Record<
    PairPooling,
    Estimate
  >;
}
