import { cappedBonus } from '../step/bonus/cap.js';
import { tilt } from '../step/project/tilt.js';

/** A step of a completion, in a problem about many of them. */
export interface JointStep {
  /** Finite log-probabilities of the candidates, at least one. */
  readonly logReference: Float64Array;
  /** For each attribute, the margins of the candidates; finite. */
  readonly margins: readonly Float64Array[];
}

/** What weights that all steps share come to. */
export interface JointOutcome {
  /** Mean of KL(q‖p) over the steps, nats. */
  readonly kl: number;
  /** For each attribute, the mean over the steps of the expected margin under q. */
  readonly margins: Float64Array;
}

/**
 * Re-weights all steps as decoding does.
 *
 * @param steps - At least one.
 * @param caps - For each attribute, up to which margin a candidate is the better for it; Infinity for no limit.
 */
export function tiltJointly(
  steps: readonly JointStep[],
  weights: ArrayLike<number>,
  caps: readonly number[],
): JointOutcome {
  const weightings = caps.map((cap, a) => ({ weight: weights[a], cap }));
  const margins = new Float64Array(weights.length);
  let kl = 0;
  for (const step of steps) {
    const bonus = cappedBonus(step.margins, weightings, step.logReference.length);
    const tilted = tilt(step.logReference, bonus);
    kl += tilted.kl / steps.length;
    tilted.logQ.forEach((logQ, x) => {
      const share = Math.exp(logQ) / steps.length;
      for (let a = 0; a < margins.length; a++) margins[a] += share * step.margins[a][x];
    });
  }
  return { kl, margins };
}
