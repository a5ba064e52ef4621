import { solveComplementarity } from './solve-complementarity.js';
import type { JointWeights } from './joint-budget.js';
import { tiltJointly, type JointStep } from './joint-step.js';

/** What the expected margin of an attribute is to be on average over many steps. */
export interface JointLevel {
  /** Index of the attribute. */
  readonly attribute: number;
  readonly relation: 'at-least' | 'at-most';
  readonly margin: number;
}

/**
 * The weights, shared by all steps, with which expected margins reach their levels on average: 0 of a level that holds
 * without help, else as much as it takes. Without a cap it is the I-projection of all steps together: of all distributions
 * that reach the levels, these have the least mean of KL(q‖p), because weights that are just enough are optimal in
 * its dual problem. A cap depends on the weights, so that there is no such problem; what is just enough is still the same.
 *
 * @param steps - At least one.
 * @param levels - At most one of an attribute.
 * @param start - The weights to start from. Those without a level stay.
 * @param caps - As for {@link tiltJointly}.
 * @param most - The largest size of a weight. A level that is still missed there cannot be had.
 */
export function levelJointly(
  steps: readonly JointStep[],
  levels: readonly JointLevel[],
  start: ArrayLike<number>,
  caps: readonly number[],
  most: number,
): JointWeights {
  const signs = levels.map(({ relation }) => (relation === 'at-least' ? 1 : -1));
  function weightsOf(sizes: Float64Array): Float64Array {
    const weights = Float64Array.from(start);
    levels.forEach(({ attribute }, l) => (weights[attribute] = signs[l] * sizes[l]));
    return weights;
  }
  function excessAt(sizes: Float64Array): Float64Array {
    const { margins } = tiltJointly(steps, weightsOf(sizes), caps);
    return Float64Array.from(levels, ({ attribute, margin }, l) => signs[l] * (margins[attribute] - margin));
  }
  const sizes = levels.map(({ attribute }, l) => signs[l] * start[attribute]);
  const weights = weightsOf(solveComplementarity(excessAt, sizes, most));
  return { weights, ...tiltJointly(steps, weights, caps) };
}
