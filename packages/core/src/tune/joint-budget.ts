import { increasingRoot } from '../numeric/increasing-root.js';
import { tiltJointly, type JointOutcome, type JointStep } from './joint-step.js';

/** Weights for many steps, and what they come to. */
export interface JointWeights extends JointOutcome {
  readonly weights: Float64Array;
}

/**
 * The weights of a direction that move steps by some nats on average. Along a direction the mean of KL(q‖p) grows with the
 * weights, and its root nearly in proportion to them.
 *
 * @param steps - At least one.
 * @param direction - Weights of which one at least is not 0.
 * @param nats - Mean of KL(q‖p) over the steps, above 0. If no weight up to `most` spends it, that weight is taken.
 * @param caps - As for {@link tiltJointly}.
 * @param most - The largest size of a weight.
 */
export function spendJointly(
  steps: readonly JointStep[],
  direction: ArrayLike<number>,
  nats: number,
  caps: readonly number[],
  most: number,
): JointWeights {
  const sizes = Array.from(direction, Math.abs);
  const high = most / sizes.reduce((a, b) => Math.max(a, b));
  const scaled = (scale: number) => Float64Array.from(direction, (weight) => scale * weight);
  const overspent = (scale: number) =>
    Math.sqrt(tiltJointly(steps, scaled(scale), caps).kl) - Math.sqrt(nats);
  const weights = scaled(increasingRoot(overspent, { low: 0, high, start: Math.min(1, high) }));
  return { weights, ...tiltJointly(steps, weights, caps) };
}
