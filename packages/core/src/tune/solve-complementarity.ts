import { increasingRoot } from '../numeric/increasing-root.js';
import { solveNormal, qr } from '../numeric/qr.js';

/** What each of some sizes brings about beyond what it is for: below 0 where more is needed. */
export type SlackAt = (sizes: Float64Array) => Float64Array;

const MOST_ROUNDS = 60;
/** Excess that is none. */
const TOLERANCE = 1e-10;
/** Share of the descent that a Newton step promises which it has to make. */
const ENOUGH = 0.1;
/** A smaller share of a Newton step than this is not worth it. */
const LEAST_SHARE = 0.01;
/** Step of the differences that slopes are made of. */
const STEP = 1e-5;
/** What is added to the slopes, for sizes that bring about the same. */
const RIDGE = 1e-9;

/**
 * The sizes, from 0 to a largest, that are just enough: each has an excess of 0, but for those of size 0, whose excess
 * may be above, and those of the largest size, whose excess may be below it. A larger size should make its own excess
 * larger; where it also helps others, or hinders them, they settle it between them. By Newton steps, and by taking
 * one size after another where those do not help; the sizes with the smallest residual are the answer.
 */
export function solveComplementarity(
  excessAt: SlackAt,
  start: ArrayLike<number>,
  most: number,
): Float64Array {
  const at = (sizes: Float64Array): Iterate => {
    const excess = excessAt(sizes);
    return { sizes, excess, residual: residualOf(sizes, excess, most) };
  };
  let point = at(Float64Array.from(start, (size) => clamp(size, most)));
  let best = point;
  for (let round = 0; round < MOST_ROUNDS && best.residual > TOLERANCE; round++) {
    point = advance(at, point, newtonMove(excessAt, point, most), most) ?? at(sweep(excessAt, point, most));
    if (point.residual < best.residual) best = point;
  }
  return best.sizes;
}

/** Some sizes, and how far they are from what is wanted. */
interface Iterate {
  readonly sizes: Float64Array;
  readonly excess: Float64Array;
  readonly residual: number;
}

/** Goes as large a share of a move as makes the residual smaller, if one does. */
function advance(
  at: (sizes: Float64Array) => Iterate,
  { sizes, residual }: Iterate,
  move: Float64Array,
  most: number,
): Iterate | undefined {
  for (let share = 1; share > LEAST_SHARE; share /= 2) {
    const next = at(sizes.map((size, i) => clamp(size + share * move[i], most)));
    if (next.residual <= (1 - ENOUGH * share) * residual) return next;
  }
  return undefined;
}

function clamp(size: number, most: number): number {
  return Math.min(Math.max(size, 0), most);
}

/** Whether a size is at an end of its range and would go on. */
function isHeld(size: number, excess: number, most: number): boolean {
  return (size === 0 && excess >= 0) || (size === most && excess <= 0);
}

function residualOf(sizes: Float64Array, excess: Float64Array, most: number): number {
  return excess.reduce(
    (sum, each, i) => (isHeld(sizes[i], each, most) ? sum : Math.max(sum, Math.abs(each))),
    0,
  );
}

/** Towards where the excess of all that are not held would be 0 if it were linear. */
function newtonMove(excessAt: SlackAt, { sizes, excess }: Iterate, most: number): Float64Array {
  const free = [...sizes.keys()].filter((i) => !isHeld(sizes[i], excess[i], most));
  const slopes = free.map((i) => {
    const step = sizes[i] + STEP <= most ? STEP : -STEP;
    const moved = excessAt(sizes.map((size, j) => (j === i ? size + step : size)));
    return Float64Array.from(free, (j) => (moved[j] - excess[j]) / step);
  });
  const gradient = Float64Array.from(slopes, (slope) =>
    slope.reduce((sum, value, j) => sum - value * excess[free[j]], 0),
  );
  const columns = slopes.map((slope, i) =>
    Float64Array.of(...slope, ...free.map((_, j) => (i === j ? RIDGE : 0))),
  );
  const solved = solveNormal(qr(columns), gradient);
  const move = new Float64Array(sizes.length);
  free.forEach((i, place) => (move[i] = solved[place]));
  return move;
}

/** Takes each size, one after another, to where its own excess is 0. */
function sweep(excessAt: SlackAt, from: Iterate, most: number): Float64Array {
  const sizes = from.sizes.slice();
  for (const i of sizes.keys()) {
    const own = (size: number) => {
      sizes[i] = size;
      return excessAt(sizes)[i];
    };
    sizes[i] = increasingRoot(own, { low: 0, high: most, start: sizes[i] });
  }
  return sizes;
}
