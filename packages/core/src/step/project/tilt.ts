import { logSumExp } from '../../numeric/log-sum-exp.js';
import { divergence } from '../../numeric/kl-divergence.js';
import { rangeOf } from '../../numeric/range.js';

/** A reference distribution moved towards the positive side of some subspaces. */
export interface Tilted {
  /** Log-probability of each candidate; the exponentials sum to 1. */
  readonly logQ: Float64Array;
  /** KL(q‖p) in nats, at least 0. */
  readonly kl: number;
}

/**
 * The I-projection of a reference distribution: q(x) ∝ p(x)·exp(bonus(x)), which maximises
 * E_q[bonus] − KL(q‖p). With the bonus Σ_a β_a m_a this is penalty mode.
 *
 * @param logReference - Finite log-probabilities of the candidates, at least one.
 * @param bonus - One finite number for each candidate, of any size.
 */
export function tilt(logReference: Float64Array, bonus: Float64Array): Tilted {
  // The largest goes first: beside a bonus of 1e15 a double has no digits left for log p.
  const { most } = rangeOf(bonus);
  const logQ = new Float64Array(logReference.length);
  for (let x = 0; x < logQ.length; x++) logQ[x] = logReference[x] + (bonus[x] - most);
  const normaliser = logSumExp(logQ);
  for (let x = 0; x < logQ.length; x++) logQ[x] -= normaliser;
  return { logQ, kl: divergence(logQ, logReference) };
}
