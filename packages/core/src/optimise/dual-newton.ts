import { minimiseInBox } from './box-quadratic.js';
import { isHard, type ScaledConstraint } from './linear-constraint.js';
import { logSumExp } from '../log-sum-exp.js';
import { dot } from '../dot.js';
import { triangularise } from './triangularise.js';

/** What the dual problem came to. */
export interface DualSolution {
  /** A weight for each constraint, nats per scaled unit. */
  readonly weights: Float64Array;
  /** log q, the distribution that the weights make. */
  readonly logQ: Float64Array;
  /** Expected excess of each constraint under q. */
  readonly excess: Float64Array;
  /** Whether the weights are optimal to the precision of the numbers. They are not if there are no best ones. */
  readonly converged: boolean;
}

const MOST_STEPS = 100;
/** Precision of expected excesses, and of the KL divergence, that ends the search. */
const PRECISE = 1e-13;
/** Precision that will do where rounding lets it get no better. */
const GOOD = 1e-8;
/** Share of the weights' sum by which every candidate has to fall short to prove that nothing meets all. */
const SHORT = 1e-10;
/** Root of what is added to the curvature, for directions that have none: duplicates, vanished candidates. */
const RIDGE = 1e-10;
/** Steps that move candidates less far apart than this, in nats, are taken whole. */
const NEAR = 0.01;
/** Share of the descent that the slope promises which a step has to make. */
const ENOUGH = 0.1;

/**
 * The dual of the I-projection: minimises log Σ p(x)·exp(Σ_j w_j g_j(x)) over weights w within their bounds,
 * for excesses g_j. Its gradient is the expected excesses under q, and its curvature their covariance.
 * By projected Newton steps, each the solution of a quadratic problem in the box.
 *
 * @param logReference - Finite log-probabilities.
 */
export function minimiseDual(
  logReference: Float64Array,
  constraints: readonly ScaledConstraint[],
): DualSolution {
  const canProve = constraints.every(isHard);
  let point = weigh(logReference, constraints, new Float64Array(constraints.length));
  let [before, stalled] = [Infinity, false];
  for (let step = 0; ; step++) {
    const { weights, logQ, q, mostBonus } = point;
    const excess = expectedExcess(constraints, q);
    const { residual, gap } = distanceToOptimum(constraints, weights, excess);
    const precise = residual <= PRECISE && gap <= PRECISE;
    const hopeless =
      canProve && mostBonus < -SHORT * weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
    stalled &&= residual >= before / 2;
    if (precise || stalled || hopeless || step === MOST_STEPS) {
      return { weights, logQ, excess, converged: precise || (stalled && residual <= GOOD) };
    }
    const direction = newtonDirection(constraints, weights, q, excess);
    const spread = spreadOf(constraints, direction);
    point = advance(logReference, constraints, point, direction, spread, dot(excess, direction));
    // Small steps that get no nearer are noise.
    stalled = spread < 1e-3;
    before = residual;
  }
}

// Loops in place of Float64Array.from, which takes most of the time of a step of a few candidates.
function expectedExcess(constraints: readonly ScaledConstraint[], q: Float64Array): Float64Array {
  const excess = new Float64Array(constraints.length);
  for (let j = 0; j < excess.length; j++) excess[j] = dot(q, constraints[j].excess);
  return excess;
}

/** What some weights make of the reference. */
interface Weighed {
  readonly weights: Float64Array;
  readonly logQ: Float64Array;
  readonly q: Float64Array;
  /** log Σ p·exp(bonus), what is to be minimised. */
  readonly normaliser: number;
  /** The largest bonus. */
  readonly mostBonus: number;
}

function weigh(
  logReference: Float64Array,
  constraints: readonly ScaledConstraint[],
  weights: Float64Array,
): Weighed {
  const logQ = bonusOf(constraints, weights, logReference.length);
  let mostBonus = -Infinity;
  for (let x = 0; x < logQ.length; x++) {
    mostBonus = Math.max(mostBonus, logQ[x]);
    logQ[x] += logReference[x];
  }
  const normaliser = logSumExp(logQ);
  const q = new Float64Array(logQ.length);
  for (let x = 0; x < q.length; x++) {
    logQ[x] -= normaliser;
    q[x] = Math.exp(logQ[x]);
  }
  return { weights, logQ, q, normaliser, mostBonus };
}

/**
 * Goes a share of a step: all of it if that descends, else less, down to log(1+d)/d, where d is how far apart
 * the step moves two candidates, in nats. The third derivative is at most d times the second, so
 * that this share always descends (Sun and Tran-Dinh 2019). It can be tiny: shares are tried by halving their
 * distance to it in orders of magnitude.
 *
 * @param slope - The derivative along the step, below 0.
 */
function advance(
  logReference: Float64Array,
  constraints: readonly ScaledConstraint[],
  from: Weighed,
  direction: Float64Array,
  spread: number,
  slope: number,
): Weighed {
  const safe = Math.log1p(spread) / spread;
  for (let share = 1; ; share = share < 2 * safe ? safe : Math.sqrt(share * safe)) {
    const weights = from.weights.map((weight, j) => weight + share * direction[j]);
    const next = weigh(logReference, constraints, weights);
    // So near, what is to be gained is less than rounding.
    if (spread < NEAR || share === safe) return next;
    if (next.normaliser <= from.normaliser + ENOUGH * share * slope) return next;
  }
}

function bonusOf(
  constraints: readonly ScaledConstraint[],
  weights: Float64Array,
  size: number,
): Float64Array {
  const bonus = new Float64Array(size);
  constraints.forEach(({ excess }, j) => {
    const weight = weights[j];
    if (weight === 0) return;
    for (let x = 0; x < size; x++) bonus[x] += weight * excess[x];
  });
  return bonus;
}

/** How far some weights are from optimal: in their expected excesses, and in nats of the divergence. */
function distanceToOptimum(
  constraints: readonly ScaledConstraint[],
  weights: Float64Array,
  excess: Float64Array,
): { residual: number; gap: number } {
  let [residual, gap] = [0, 0];
  constraints.forEach(({ low, high }, j) => {
    const room = excess[j] > 0 ? weights[j] - low : high - weights[j];
    const off = Math.min(Math.abs(excess[j]), room);
    residual = Math.max(residual, off);
    gap += off * Math.abs(weights[j]);
  });
  return { residual, gap };
}

function newtonDirection(
  constraints: readonly ScaledConstraint[],
  weights: Float64Array,
  q: Float64Array,
  excess: Float64Array,
): Float64Array {
  const roots = new Float64Array(q.length);
  for (let x = 0; x < q.length; x++) roots[x] = Math.sqrt(q[x]);
  const columns = constraints.map(({ excess: values }, j) => {
    const column = new Float64Array(q.length + constraints.length);
    const mean = excess[j];
    for (let x = 0; x < q.length; x++) column[x] = roots[x] * (values[x] - mean);
    column[q.length + j] = RIDGE;
    return column;
  });
  const low = new Float64Array(constraints.length);
  const high = new Float64Array(constraints.length);
  for (let j = 0; j < low.length; j++) {
    low[j] = constraints[j].low - weights[j];
    high[j] = constraints[j].high - weights[j];
  }
  return minimiseInBox(triangularise(columns), excess, low, high);
}

/** How far apart a change of the weights moves two candidates, in nats. */
function spreadOf(constraints: readonly ScaledConstraint[], direction: Float64Array): number {
  const [{ excess }] = constraints;
  const change = bonusOf(constraints, direction, excess.length);
  let [least, most] = [Infinity, -Infinity];
  for (const value of change) {
    least = Math.min(least, value);
    most = Math.max(most, value);
  }
  return most - least;
}
