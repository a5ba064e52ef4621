import { minimiseInBox } from '../../numeric/box-quadratic.js';
import { combine, createPoint, move, startOf, type DualPoint, type DualProblem } from './dual-point.js';
import { isHard, MET, type ScaledConstraint } from './linear-constraint.js';
import { dot } from '../../numeric/dot.js';
import { rangeOf } from '../../numeric/range.js';
import { qr } from '../../numeric/qr.js';

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
/** Share of the weights' sum by which every candidate has to fall short to prove that nothing meets all. */
const SHORT = 1e-10;
/**
 * Root of what is added to the curvature, for directions that have none: duplicates, vanished candidates. With less,
 * the rounding of a gradient drives weights there so far that their sums have no digits left.
 */
const RIDGE = 1e-9;
/** Steps that move candidates less far apart than this, in nats, are taken whole. */
const NEAR = 0.01;
/** Share of the descent that the slope promises which a step has to make. */
const ENOUGH = 0.1;

/**
 * The dual of the I-projection: minimises log Σ p(x)·exp(Σ_j w_j g_j(x)) over weights w within their bounds,
 * for excesses g_j. Its gradient is the expected excesses under q, and its curvature their covariance.
 * By projected Newton steps, each the solution of a quadratic problem in the box.
 *
 * @param start - Where to start; it is overwritten.
 */
export function minimiseDual(problem: DualProblem, start = startOf(problem)): DualSolution {
  const { logReference, constraints } = problem;
  const canProve = constraints.every(isHard);
  const columns = createColumns(constraints.length, logReference.length + constraints.length);
  const bonus = new Float64Array(logReference.length);
  let [point, trial] = [start, createPoint(problem)];
  let [before, stalled] = [Infinity, false];
  for (let step = 0; ; step++) {
    const { weights, logQ, excess, mostBonus } = point;
    const { residual, gap } = distanceToOptimum(constraints, point);
    const precise = residual <= PRECISE && gap <= PRECISE;
    const hopeless =
      canProve && mostBonus < -SHORT * weights.reduce((sum, weight) => sum + Math.abs(weight), 0);
    stalled &&= residual >= before / 2;
    if (precise || stalled || hopeless || step === MOST_STEPS) {
      return { weights, logQ, excess, converged: precise || (stalled && residual <= MET) };
    }
    const direction = newtonDirection(constraints, point, columns, bonus);
    combine(constraints, direction, bonus);
    const { least, most } = rangeOf(bonus);
    const spread = most - least;
    advance(problem, point, trial, direction, bonus, spread);
    [point, trial] = [trial, point];
    // Small steps that get no nearer are noise.
    stalled = spread < 1e-3;
    before = residual;
  }
}

/** How far a point is from optimal: in its expected excesses, and in nats of the divergence. */
function distanceToOptimum(
  constraints: readonly ScaledConstraint[],
  { weights, excess }: DualPoint,
): { residual: number; gap: number } {
  let [residual, gap] = [0, 0];
  for (let j = 0; j < weights.length; j++) {
    const { low, high } = constraints[j];
    const room = excess[j] > 0 ? weights[j] - low : high - weights[j];
    const off = Math.min(Math.abs(excess[j]), room);
    residual = Math.max(residual, off);
    gap += off * Math.abs(weights[j]);
  }
  return { residual, gap };
}

/** Columns of one buffer: an allocation costs more than what is done with it. */
function createColumns(count: number, length: number): Float64Array[] {
  const buffer = new Float64Array(count * length);
  return Array.from({ length: count }, (_, j) => buffer.subarray(j * length, (j + 1) * length));
}

/**
 * @param columns - Room for a number for each candidate and each constraint.
 * @param roots - Room for a number for each candidate.
 */
function newtonDirection(
  constraints: readonly ScaledConstraint[],
  { weights, q, excess }: DualPoint,
  columns: readonly Float64Array[],
  roots: Float64Array,
): Float64Array {
  const low = new Float64Array(weights.length);
  const high = new Float64Array(weights.length);
  for (let x = 0; x < roots.length; x++) roots[x] = Math.sqrt(q[x]);
  for (let j = 0; j < weights.length; j++) {
    low[j] = constraints[j].low - weights[j];
    high[j] = constraints[j].high - weights[j];
    const column = columns[j];
    const values = constraints[j].excess;
    const mean = excess[j];
    for (let x = 0; x < roots.length; x++) column[x] = roots[x] * (values[x] - mean);
    for (let i = 0; i < weights.length; i++) column[roots.length + i] = i === j ? RIDGE : 0;
  }
  return minimiseInBox(qr(columns), excess, low, high);
}

/**
 * Goes a share of a step: all of it if that descends, else less, down to log(1+d)/d, where d is how far apart
 * the step moves two candidates, in nats. The third derivative is at most d times the second, so
 * that this share always descends (Sun and Tran-Dinh 2019). It can be tiny: shares are tried by halving their
 * distance to it in orders of magnitude.
 *
 * @param to - What becomes the next point.
 * @param bonus - What the direction adds to each candidate.
 * @param spread - d.
 */
function advance(
  problem: DualProblem,
  from: DualPoint,
  to: DualPoint,
  direction: Float64Array,
  bonus: Float64Array,
  spread: number,
): void {
  const slope = dot(from.excess, direction);
  const safe = Math.log1p(spread) / spread;
  for (let share = 1; ; share = share < 2 * safe ? safe : Math.sqrt(share * safe)) {
    move(problem, from, direction, bonus, share, to);
    // So near, what is to be gained is less than rounding.
    if (spread < NEAR || share === safe) return;
    if (to.normaliser <= from.normaliser + ENOUGH * share * slope) return;
  }
}
