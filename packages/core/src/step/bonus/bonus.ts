import type { Calibration } from '@halfspace/contracts';
import type { BonusKind } from '../../options/bonus-kind.js';
import { marginOf } from '../margins/margins.js';
import { cappedBonus } from './cap.js';
import { logSumExp } from '../../numeric/log-sum-exp.js';

/** How the distances of an attribute count. */
export interface Weighting {
  /** Nats per unit of margin; below 0 steers away. */
  readonly weight: number;
  readonly calibration: Calibration;
}

/**
 * The bonus of every candidate.
 *
 * @param distances - For each attribute a column: the distances of all candidates, finite where its
 * weight is not 0.
 * @param candidates - Number of candidates.
 * @param cap - As for {@link cappedBonus} (default: no limit).
 */
export function bonusOf(
  kind: BonusKind,
  distances: readonly Float64Array[],
  attributes: readonly Weighting[],
  candidates: number,
  cap = Infinity,
): Float64Array {
  const gains = attributes.map(({ calibration }, a) =>
    kind === 'softmax'
      ? softmax(distances[a])
      : distances[a].map((distance) => marginOf(calibration, distance)),
  );
  return cappedBonus(
    gains,
    attributes.map(({ weight }) => weight),
    candidates,
    cap,
  );
}

export function softmax(values: Float64Array): Float64Array {
  const normaliser = logSumExp(values);
  return values.map((value) => Math.exp(value - normaliser));
}
