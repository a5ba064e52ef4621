import { isHalfspaceError } from '@halfspace/core';
import { dot } from '../linear-algebra/dot.js';
import type { Estimator } from '../artifact/estimators.js';
import { fitDirection, type FittedDirection } from './fit-direction.js';
import { type FitState, mergeClassMoments, type ClassMoments } from './fit-state.js';
import { layerSetsOf } from './fit-settings.js';
import type { Positions } from '../data/labelled-text.js';
import { mergeMoments, type Moments, weightMoments } from './moments.js';
import { normalProbability } from '../statistics/normal-probability.js';
import { shrunkDirections } from './shrunk-directions.js';
import type { LayerScore } from '../artifact/layer-score.js';

/** How well a layer set tells the classes apart; see {@link LayerScore}. */
export type LayerSetScore = Required<Omit<LayerScore, 'layer'>>;

/** What cross-validation chose. */
export interface Choice {
  /** Which of the layer sets of the state. */
  readonly layerSet: number;
  /** The amount of shrinkage; with the estimator `cross-validated`. */
  readonly shrinkage?: number;
  /** How good each layer set is at its best amount of shrinkage; none where nothing was to be chosen. */
  readonly scores: readonly LayerSetScore[];
}

/** The moments of both classes at one layer set. */
export type MomentsByClass = readonly [negative: ClassMoments, positive: ClassMoments];

/**
 * Amounts of shrinkage that are tried, strongest first, because of equals the first is taken: evenly spaced in the
 * logarithm of α / (1 − α), and 1.
 */
const AMOUNTS = [
  1,
  ...[30, 10, 3, 1, 0.3, 0.1, 0.03, 0.01, 3e-3, 1e-3, 3e-4, 1e-4].map((odds) => odds / (1 + odds)),
];

/**
 * Chooses a layer set of a state, and the amount of shrinkage where it is for cross-validation to choose: directions are
 * fitted on all folds but one and judged on that one. Needs no further run of the model, because the moments of a fold
 * give the mean and the variance of its distances along any direction.
 *
 * Of the layer sets whose AUROC is within one standard error of the best (the one-standard-error rule of Breiman et al.,
 * "Classification and Regression Trees", 1984) the cheapest is taken, and of equally cheap ones the best.
 *
 * @param costOf - What it costs to read some layers (default: the same for all, so that the best is taken).
 */
export function crossValidate(
  { settings, sums }: FitState,
  costOf: (layers: readonly number[]) => number = () => 0,
): Choice {
  if (sums.length === 1) return { layerSet: 0, scores: [] };
  const layerSets = layerSetsOf(settings);
  const found = layerSets.map((_, layerSet) =>
    scoreOf(
      settings,
      judgeFolds(
        settings,
        sums.map((fold) => fold[layerSet]),
      ),
    ),
  );
  return choiceOf(found, layerSets.map(costOf));
}

/** The choice among layer sets that were scored. */
export function choiceOf(found: readonly ScoredLayerSet[], costs: readonly number[]): Choice {
  const layerSet = cheapestOf(found, costs);
  const { shrinkage } = found[layerSet];
  return {
    layerSet,
    ...(shrinkage === undefined ? {} : { shrinkage }),
    scores: found.map(({ auroc, error }) => ({ auroc, error })),
  };
}

/** The cheapest of those within one standard error of the best. */
function cheapestOf(scores: readonly LayerSetScore[], costs: readonly number[]): number {
  const best = scores[bestOf(scores.map(({ auroc }) => auroc))];
  const asGood = scores.map(({ auroc }) => auroc >= best.auroc - best.error);
  const least = Math.min(...costs.filter((_, layerSet) => asGood[layerSet]));
  return bestOf(
    scores.map(({ auroc }, layerSet) => (asGood[layerSet] && costs[layerSet] === least ? auroc : -Infinity)),
  );
}

/** The direction of a choice, on the sums of all folds. */
export function directionOf({ settings, sums }: FitState, { layerSet, shrinkage }: Choice): FittedDirection {
  const [direction] = directionsOf(
    settings,
    sums.map((fold) => fold[layerSet]).reduce(mergeBoth),
    shrinkage === undefined ? [] : [shrinkage],
  );
  return direction;
}

/** What directions of a layer set depend on. */
export interface Kind {
  readonly estimator: Estimator;
  readonly positions: Positions;
}

function directionsOf(
  { estimator, positions }: Kind,
  [negative, positive]: MomentsByClass,
  amounts: readonly number[],
): FittedDirection[] {
  const [below, above] = [momentsAt(positions, negative), momentsAt(positions, positive)];
  if (estimator === 'cross-validated') return shrunkDirections(above, below, amounts);
  return [fitDirection(estimator, above, below)];
}

/** A fold, and directions that were fitted on the others: one for each amount of shrinkage. */
export interface JudgedFold {
  /** Absent where the other folds do not vary. */
  readonly directions: readonly FittedDirection[] | undefined;
  /** How well each tells the classes of the fold apart; absent where the fold has but one of them. */
  readonly aurocs: readonly number[] | undefined;
}

/** How good a layer set is, at its best amount of shrinkage. */
export interface ScoredLayerSet extends LayerSetScore {
  readonly shrinkage?: number;
}

/** Amounts of shrinkage among which an estimator chooses; with others than `cross-validated` there is nothing to choose. */
export function amountsOf({ estimator }: Pick<Kind, 'estimator'>): readonly (number | undefined)[] {
  return estimator === 'cross-validated' ? AMOUNTS : [undefined];
}

/** Fits directions on all folds but one, for each of them, and judges them on that one. */
export function judgeFolds(kind: Kind, folds: readonly MomentsByClass[]): JudgedFold[] {
  return folds.map((_, index) => judgeFold(kind, folds, [index])[0]);
}

/** Fits directions on all folds but some, and judges them on each of these. */
export function judgeFold(
  kind: Kind,
  folds: readonly MomentsByClass[],
  without: readonly number[],
): JudgedFold[] {
  const rest = folds.filter((_, other) => !without.includes(other)).reduce(mergeBoth);
  const directions = directionsUnlessDegenerate(kind, rest);
  return without.map((index) => {
    const [below, above] = folds[index].map((moments) => momentsAt(kind.positions, moments));
    if (below.count === 0 || above.count === 0) return { directions, aurocs: undefined };
    const aurocs = amountsOf(kind).map((_, i) =>
      directions === undefined ? 0.5 : judge(directions[i], below, above),
    );
    return { directions, aurocs };
  });
}

/**
 * The best amount of shrinkage for a layer set, and how good it is.
 *
 * @param independent - How many of the folds are independent of one another, for the standard error (default: all).
 */
export function scoreOf(kind: Kind, folds: readonly JudgedFold[], independent?: number): ScoredLayerSet {
  const judged = folds.flatMap(({ aurocs }) => (aurocs === undefined ? [] : [aurocs]));
  const amounts = amountsOf(kind);
  const scores = amounts.map((_, i) =>
    meanOf(
      judged.map((aurocs) => aurocs[i]),
      independent,
    ),
  );
  const best = bestOf(scores.map(({ auroc }) => auroc));
  const shrinkage = amounts[best];
  return { ...scores[best], ...(shrinkage === undefined ? {} : { shrinkage }) };
}

/** The mean over folds and its standard error, which a single fold does not tell. */
function meanOf(aurocs: readonly number[], independent = aurocs.length): LayerSetScore {
  const { length: folds } = aurocs;
  if (folds === 0) return { auroc: 0.5, error: 0 };
  const auroc = aurocs.reduce((sum, value) => sum + value, 0) / folds;
  const squares = aurocs.reduce((sum, value) => sum + (value - auroc) ** 2, 0);
  return { auroc, error: folds === 1 ? 0 : Math.sqrt(squares / (folds - 1) / independent) };
}

/** Nothing at a layer at which nothing varies, such as the embedding of a last token that is always the same. */
function directionsUnlessDegenerate(kind: Kind, classes: MomentsByClass): FittedDirection[] | undefined {
  try {
    return directionsOf(kind, classes, AMOUNTS);
  } catch (error) {
    if (isHalfspaceError(error, 'degenerate-data')) return undefined;
    throw error;
  }
}

function judge({ direction }: FittedDirection, negative: Moments, positive: Moments): number {
  const gap = dot(direction, positive.mean) - dot(direction, negative.mean);
  const variance = varianceAlong(positive, direction) + varianceAlong(negative, direction);
  return variance > 0 ? normalProbability(gap / Math.sqrt(variance)) : 0.5;
}

/** Of equals the first. */
function bestOf(scores: readonly number[]): number {
  return scores.reduce((best, score, index) => (score > scores[best] ? index : best), 0);
}

function mergeBoth(a: MomentsByClass, b: MomentsByClass): MomentsByClass {
  return [mergeClassMoments(a[0], b[0]), mergeClassMoments(a[1], b[1])];
}

function momentsAt(positions: Positions, { last, every }: ClassMoments): Moments {
  const chosen = positions === 'last' ? last : every;
  if (chosen === undefined) throw new Error(`There are no sums for the positions "${positions}".`);
  if (positions !== 'both' || last === undefined || last.count === 0) return chosen;
  return mergeMoments(chosen, weightMoments(last, chosen.count / last.count));
}

function varianceAlong({ width, count, scatter }: Moments, direction: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < width; i++) {
    sum += direction[i] * dot(direction, scatter.subarray(i * width, (i + 1) * width));
  }
  return sum / count;
}
