import { attainableFace } from './attainable-face.js';
import { divergence } from '../../numeric/kl-divergence.js';
import { minimiseDual, type DualSolution } from './dual-newton.js';
import { startOf } from './dual-point.js';
import {
  isHard,
  isMet,
  MET,
  scaleConstraint,
  violationOf,
  weightRange,
  type LinearConstraint,
  type ScaledConstraint,
} from './linear-constraint.js';
import { rangeOf } from '../../numeric/range.js';
import type { Tilted } from './tilt.js';

/**
 * What came of what was asked of a step.
 * - `optimal`: it holds, and q is the distribution closest to the reference for which it does.
 * - `inactive`: it holds without any change, or with no more change than the weights ask for.
 * - `infeasible`: no distribution over the candidates does it, or none within the bounds of the weights, or only
 *   weights so large that their sums lack the digits; q comes as near as can be.
 */
export type StepStatus = 'optimal' | 'inactive' | 'infeasible';

/** A reference distribution moved to where constraints hold. */
export interface Projection extends Tilted {
  readonly status: StepStatus;
  /**
   * Weight of each constraint, in nats per unit of its values: q(x) ∝ p(x)·exp(Σ weight · value). Above
   * 0 it raises the expected value, below 0 it lowers it, 0 where it has nothing to do. ±Infinity where
   * only the limit will do: there q is 0 for some candidates.
   */
  readonly weights: Float64Array;
  /** Sum of the violations of q, in the constraints' own units; 0 unless `infeasible`. */
  readonly violation: number;
  /** Constraints that cannot be met together, and those that q misses, as indices. */
  readonly conflicts: readonly number[];
}

/**
 * The I-projection of a reference distribution onto linear constraints: the q with least KL(q‖p) for which
 * they hold. Where they cannot all hold, the violations of the most important priority have the least sum,
 * then those of the next, and of what is left q has the least KL(q‖p). A soft constraint (`maxWeight`) takes
 * part as a price: maxWeight · violation is added to KL(q‖p).
 *
 * @param logReference - Finite log-probabilities of the candidates, at least one.
 * @param constraints - With one finite number for each candidate.
 */
export function project(logReference: Float64Array, constraints: readonly LinearConstraint[]): Projection {
  const scaled = constraints.map(scaleConstraint);
  const problem = { logReference, constraints: scaled };
  const start = startOf(problem);
  if (scaled.every((each, j) => isMet(each, start.excess[j]))) {
    const weights = new Float64Array(constraints.length);
    return { logQ: logReference, kl: 0, status: 'inactive', weights, violation: 0, conflicts: [] };
  }
  const direct = scaled.some(isAtEdge) ? undefined : minimiseDual(problem, start);
  return direct?.converged
    ? conclude(logReference, scaled, direct, [])
    : projectOntoFace(logReference, scaled);
}

/** Whether a constraint alone leaves only some of the candidates, or none: a finite weight will not do. */
function isAtEdge(constraint: ScaledConstraint): boolean {
  if (!isHard(constraint)) return false;
  const { excess, relation } = constraint;
  const { least, most } = rangeOf(excess);
  return (relation !== 'at-most' && most <= MET) || (relation !== 'at-least' && least >= -MET);
}

/** Finds out what is attainable, and projects onto that. */
function projectOntoFace(logReference: Float64Array, constraints: readonly ScaledConstraint[]): Projection {
  const hard = constraints.filter(isHard);
  const face = attainableFace(hard, logReference.length);
  const { support, relations, infinite } = face;
  const narrowed = constraints.map((each) => {
    const excess = Float64Array.from(support, (x) => each.excess[x]);
    const relation = relations[hard.indexOf(each)] ?? each.relation;
    return { ...each, excess, ...(isHard(each) && weightRange(relation, Infinity)) };
  });
  const solution = minimiseDual({
    logReference: Float64Array.from(support, (x) => logReference[x]),
    constraints: narrowed,
  });
  const logQ = new Float64Array(logReference.length).fill(-Infinity);
  support.forEach((x, i) => (logQ[x] = solution.logQ[i]));
  const weights = solution.weights.map((weight, j) => {
    const sign = infinite[hard.indexOf(constraints[j])] ?? 0;
    return sign === 0 ? weight : sign * Infinity;
  });
  const conflicts = face.conflicts.map((j) => constraints.indexOf(hard[j]));
  return conclude(logReference, constraints, { ...solution, logQ, weights }, conflicts);
}

function conclude(
  logReference: Float64Array,
  constraints: readonly ScaledConstraint[],
  { logQ, weights, excess }: DualSolution,
  conflicts: readonly number[],
): Projection {
  // Whatever can be met in theory: what q misses is said, even if only rounding keeps it from there.
  const unmet = [...constraints.keys()].filter(
    (j) => conflicts.includes(j) || !isMet(constraints[j], excess[j]),
  );
  const violation = constraints.reduce(
    (sum, { relation, scale }, j) => sum + scale * violationOf(relation, excess[j]),
    0,
  );
  const status = unmet.length === 0 ? 'optimal' : 'infeasible';
  return {
    logQ,
    kl: divergence(logQ, logReference),
    status,
    weights: weights.map((weight, j) => weight / constraints[j].scale),
    violation: status === 'optimal' ? 0 : violation,
    conflicts: unmet,
  };
}
