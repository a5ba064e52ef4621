import { dot } from '../../numeric/dot.js';
import type { ScaledConstraint } from './linear-constraint.js';
import { rangeOf } from '../../numeric/range.js';

/** What the dual is made of. */
export interface DualProblem {
  /** Finite log-probabilities. */
  readonly logReference: Float64Array;
  readonly constraints: readonly ScaledConstraint[];
}

/**
 * Weights of the constraints, and what they make of the reference. It is written over and over: with new arrays for
 * every trial, a solve of a few candidates would spend most of its time on those.
 */
export interface DualPoint {
  /** Nats per scaled unit. */
  readonly weights: Float64Array;
  readonly logQ: Float64Array;
  readonly q: Float64Array;
  /** Expected excess of each constraint under q: the gradient. */
  readonly excess: Float64Array;
  /** log Σ p·exp(bonus): the value. */
  normaliser: number;
  /** The largest bonus. */
  mostBonus: number;
}

/** Room for a point. */
export function createPoint({ logReference, constraints }: DualProblem): DualPoint {
  return {
    weights: new Float64Array(constraints.length),
    logQ: new Float64Array(logReference.length),
    q: new Float64Array(logReference.length),
    excess: new Float64Array(constraints.length),
    normaliser: 0,
    mostBonus: 0,
  };
}

/** The point of no weights. */
export function startOf(problem: DualProblem): DualPoint {
  const point = createPoint(problem);
  point.logQ.set(problem.logReference);
  bringInLine(problem, point, 0);
  return point;
}

/**
 * Goes from a point to another. What is added is the bonus of the move alone: weights that are large have no digits for the
 * last of what they are to bring about, while a small move has.
 *
 * @param bonus - What the whole move adds to each candidate.
 * @param share - How much of it to go.
 * @param to - What becomes the other point.
 */
export function move(
  problem: DualProblem,
  from: DualPoint,
  direction: Float64Array,
  bonus: Float64Array,
  share: number,
  to: DualPoint,
): void {
  for (let j = 0; j < direction.length; j++) to.weights[j] = from.weights[j] + share * direction[j];
  for (let x = 0; x < bonus.length; x++) to.logQ[x] = from.logQ[x] + share * bonus[x];
  bringInLine(problem, to, from.normaliser);
}

/**
 * Normalises log q, and brings the rest of a point in line with it.
 *
 * @param before - The normaliser that log q has been divided by already.
 */
function bringInLine({ logReference, constraints }: DualProblem, point: DualPoint, before: number): void {
  const { logQ, q, excess } = point;
  const { most } = rangeOf(logQ);
  let sum = 0;
  for (let x = 0; x < q.length; x++) sum += q[x] = Math.exp(logQ[x] - most);
  const factor = most + Math.log(sum);
  point.normaliser = before + factor;
  let mostBonus = -Infinity;
  for (let x = 0; x < q.length; x++) {
    q[x] /= sum;
    logQ[x] -= factor;
    const bonus = logQ[x] - logReference[x];
    if (bonus > mostBonus) mostBonus = bonus;
  }
  for (let j = 0; j < excess.length; j++) excess[j] = dot(q, constraints[j].excess);
  point.mostBonus = mostBonus + point.normaliser;
}

/** Writes Σ weight · excess for each candidate. */
export function combine(
  constraints: readonly ScaledConstraint[],
  weights: Float64Array,
  into: Float64Array,
): void {
  into.fill(0);
  for (let j = 0; j < weights.length; j++) {
    const weight = weights[j];
    const { excess } = constraints[j];
    if (weight !== 0) for (let x = 0; x < into.length; x++) into[x] += weight * excess[x];
  }
}
