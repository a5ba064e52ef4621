import type { Calibration } from './contracts/attribute.js';
import { cappedBonus } from './cap.js';
import { logSumExp } from './log-sum-exp.js';
import { marginOf } from './margins.js';
import { divergence } from './optimise/divergence.js';

/** How the distances of an attribute count. */
export interface Weighting {
  /** Nats per unit of margin; below 0 steers away. */
  readonly weight: number;
  readonly calibration: Calibration;
}

/**
 * How distances become a bonus to the log-probability of a candidate.
 * - `calibrated`: weight · margin, summed over attributes.
 * - `softmax`: weight · softmax over the candidates of the distances, summed over attributes, as in the
 *   SASA paper (Ko et al., arXiv 2410.03818); each attribute has its own softmax. Between 0 and weight.
 *   The margins of a scoring attribute take the place of distances.
 */
export type BonusForm = 'calibrated' | 'softmax';

/** A reference distribution moved towards the positive side of some subspaces. */
export interface Tilted {
  /** Log-probability of each candidate; the exponentials sum to 1. */
  readonly logQ: Float64Array;
  /** KL(q‖p) in nats, at least 0. */
  readonly kl: number;
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
  form: BonusForm,
  distances: readonly Float64Array[],
  attributes: readonly Weighting[],
  candidates: number,
  cap = Infinity,
): Float64Array {
  const gains = attributes.map(({ calibration }, a) =>
    form === 'softmax'
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

/**
 * The I-projection of a reference distribution: q(x) ∝ p(x)·exp(bonus(x)), which maximises
 * E_q[bonus] − KL(q‖p). With the bonus Σ_a β_a m_a this is penalty mode.
 *
 * @param logReference - Finite log-probabilities of the candidates, at least one.
 * @param bonus - One finite number for each candidate, of any size.
 */
export function tilt(logReference: Float64Array, bonus: Float64Array): Tilted {
  const logQ = new Float64Array(logReference.length);
  for (let x = 0; x < logQ.length; x++) logQ[x] = logReference[x] + bonus[x];
  const normaliser = logSumExp(logQ);
  for (let x = 0; x < logQ.length; x++) logQ[x] -= normaliser;
  return { logQ, kl: divergence(logQ, logReference) };
}

function softmax(values: Float64Array): Float64Array {
  const normaliser = logSumExp(values);
  return values.map((value) => Math.exp(value - normaliser));
}
