import { isHalfspaceError } from '@halfspace/core';
import { type Estimator, fitDirection, type FittedDirection } from './fit-direction.js';
import { type FitState, mergeSides, readingsOf, type Side } from './fit-state.js';
import type { Positions } from './labelled-text.js';
import { mergeMoments, type Moments, weightMoments } from './moments.js';
import { normalProbability } from './normal-probability.js';

/** How well a layer tells the sides apart. */
export interface LayerScore {
  /** The layer. */
  readonly layer: number;
  /**
   * AUROC of directions on rows that they were not fitted on, the mean over the folds. It is computed from means and
   * variances, as if distances were normal.
   */
  readonly auroc: number;
}

/** What both sides are at one layer. */
type Sides = readonly [negative: Side, positive: Side];

/**
 * Scores every layer of a state by cross-validation: directions are fitted on all folds but one and judged on that
 * one. Needs no further run of the model, because the moments of a fold give the mean and the variance of its
 * distances along any direction.
 */
export function scoreLayers({ settings, sums }: FitState): LayerScore[] {
  const { estimator, positions } = settings;
  return readingsOf(settings).map(([layer], index) => {
    const folds = sums.map((fold) => fold[index]);
    const scores = folds.map((out, fold) => {
      const rest = folds.filter((_, other) => other !== fold).reduce(mergeBoth);
      return judge(estimator, positions, rest, out);
    });
    return { layer, auroc: scores.reduce((sum, score) => sum + score, 0) / scores.length };
  });
}

/** The direction of a reading, on the sums of all folds. */
export function directionAt({ settings, sums }: FitState, reading: number): FittedDirection {
  const { estimator, positions } = settings;
  const [negative, positive] = sums.map((fold) => fold[reading]).reduce(mergeBoth);
  return fitDirection(estimator, momentsAt(positions, positive), momentsAt(positions, negative));
}

function judge(estimator: Estimator, positions: Positions, rest: Sides, out: Sides): number {
  const [negative, positive] = out.map((side) => momentsAt(positions, side));
  if (negative.count === 0 || positive.count === 0) return 0.5;
  try {
    const { direction } = fitDirection(
      estimator,
      momentsAt(positions, rest[1]),
      momentsAt(positions, rest[0]),
    );
    const gap = dot(direction, positive.mean) - dot(direction, negative.mean);
    const variance = varianceAlong(positive, direction) + varianceAlong(negative, direction);
    return variance > 0 ? normalProbability(gap / Math.sqrt(variance)) : 0.5;
  } catch (error) {
    // A layer at which nothing varies, such as the embedding of a last token that is always the same.
    if (isHalfspaceError(error, 'degenerate-data')) return 0.5;
    throw error;
  }
}

function mergeBoth(a: Sides, b: Sides): Sides {
  return [mergeSides(a[0], b[0]), mergeSides(a[1], b[1])];
}

function momentsAt(positions: Positions, { last, every }: Side): Moments {
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

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += a[i] * b[i];
  return sum;
}
