import type { Calibration } from '@halfspace/contracts';
import type { BonusKind } from '../../options/bonus-kind.js';
import { marginOf } from '../margins/margins.js';
import { cappedBonus, type CappedWeighting } from './cap.js';
import { logSumExp } from '../../numeric/log-sum-exp.js';

/** How the distances of an attribute count. */
export interface Weighting extends CappedWeighting {
  readonly calibration: Calibration;
}

/**
 * The bonus of every candidate by weights: of margins up to their caps, or of softmax, which has none.
 *
 * @param distances - For each attribute a column: the distances of all candidates, finite where its
 * weight is not 0.
 * @param candidates - Number of candidates.
 */
export function bonusOf(
  kind: BonusKind,
  distances: readonly Float64Array[],
  attributes: readonly Weighting[],
  candidates: number,
): Float64Array {
  if (kind === 'softmax') {
    const uncapped = attributes.map((each) => ({ ...each, cap: Infinity }));
    return cappedBonus(distances.map(softmax), uncapped, candidates);
  }
  const margins = attributes.map(({ calibration }, a) =>
    distances[a].map((distance) => marginOf(calibration, distance)),
  );
  return cappedBonus(margins, attributes, candidates);
}

export function softmax(values: Float64Array): Float64Array {
  const normaliser = logSumExp(values);
  return values.map((value) => Math.exp(value - normaliser));
}
