import { dot } from '../dot.js';
import type { ScaledConstraint } from './linear-constraint.js';

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
  weigh(problem, point);
  return point;
}

/** Brings what a point has in line with its weights. */
export function weigh({ logReference, constraints }: DualProblem, point: DualPoint): void {
  const { weights, logQ, q, excess } = point;
  combine(constraints, weights, logQ);
  let mostBonus = -Infinity;
  let most = -Infinity;
  for (let x = 0; x < q.length; x++) {
    const bonus = logQ[x];
    const score = logReference[x] + bonus;
    if (bonus > mostBonus) mostBonus = bonus;
    if (score > most) most = score;
    logQ[x] = score;
  }
  let sum = 0;
  for (let x = 0; x < q.length; x++) sum += q[x] = Math.exp(logQ[x] - most);
  const normaliser = most + Math.log(sum);
  for (let x = 0; x < q.length; x++) {
    q[x] /= sum;
    logQ[x] -= normaliser;
  }
  for (let j = 0; j < excess.length; j++) excess[j] = dot(q, constraints[j].excess);
  point.normaliser = normaliser;
  point.mostBonus = mostBonus;
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
