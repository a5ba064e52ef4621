import { boundBonus, capBonus } from '../cap.js';
import { bonusOf, tilt } from '../tilt.js';

/** A step of a completion, in a problem about many of them. */
export interface JointStep {
  /** Finite log-probabilities of the candidates, at least one. */
  readonly logReference: Float64Array;
  /** For each attribute, the margins of the candidates; finite. */
  readonly margins: readonly Float64Array[];
  /** For each attribute, the margins expected of the candidates before they are run; not looked at without a cap. */
  readonly expected: readonly Float64Array[];
}

/** What weights that all steps share come to. */
export interface JointOutcome {
  /** Mean of KL(q‖p) over the steps, nats. */
  readonly kl: number;
  /** For each attribute, the mean over the steps of the expected margin under q. */
  readonly margins: Float64Array;
}

const IDENTITY = { slope: 1, intercept: 0 };

/**
 * Re-weights all steps as decoding does.
 *
 * @param steps - At least one.
 * @param cap - How much of a gain counts, in units of margin; Infinity for all of it.
 */
export function tiltJointly(
  steps: readonly JointStep[],
  weights: ArrayLike<number>,
  cap: number,
): JointOutcome {
  const attributes = Array.from(weights, (weight) => ({ weight, calibration: IDENTITY }));
  const margins = new Float64Array(weights.length);
  let kl = 0;
  for (const step of steps) {
    const bonus = bonusOf('calibrated', step.margins, attributes, step.logReference.length);
    const bounds = boundBonus(step.expected, Array.from(weights), bonus.length, cap);
    const counted = cap < Infinity ? capBonus(bonus, bounds) : bonus;
    const tilted = tilt(step.logReference, counted);
    kl += tilted.kl / steps.length;
    tilted.logQ.forEach((logQ, x) => {
      const share = Math.exp(logQ) / steps.length;
      for (let a = 0; a < margins.length; a++) margins[a] += share * step.margins[a][x];
    });
  }
  return { kl, margins };
}
