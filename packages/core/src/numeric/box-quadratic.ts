import { dot } from './dot.js';
import { solveNormal, qr } from './qr.js';

/** Changes of the set of free variables, for each variable, after which the best point so far has to do. */
const MOST_CHANGES = 4;

/**
 * Minimises ½‖Rx‖² + slope·x with low ≤ x ≤ high, by an active-set method from x = 0: variables are free
 * or held at a bound, and every round solves for the free ones, as far as the bounds let it.
 *
 * @param factor - Columns of an upper triangular R without a null space.
 * @param low - At most 0; may be −Infinity.
 * @param high - At least 0; may be Infinity.
 */
export function minimiseInBox(
  factor: readonly Float64Array[],
  slope: Float64Array,
  low: Float64Array,
  high: Float64Array,
): Float64Array {
  const unbounded = solveNormal(factor, negated(slope));
  if (isWithin(unbounded, low, high)) return unbounded;
  const x = new Float64Array(slope.length);
  const pressed = (j: number, gradient: number) =>
    (gradient > 0 && x[j] === low[j]) || (gradient < 0 && x[j] === high[j]);
  const free = new Set([...slope.keys()].filter((j) => slope[j] !== 0 && !pressed(j, slope[j])));
  for (let change = 0; change < MOST_CHANGES * x.length; change++) {
    if (!solveFree(factor, slope, low, high, x, free)) continue;
    const gradient = gradientAt(factor, slope, x);
    let worst = -1;
    gradient.forEach((value, j) => {
      if (free.has(j) || value === 0 || pressed(j, value)) return;
      if (worst < 0 || Math.abs(value) > Math.abs(gradient[worst])) worst = j;
    });
    if (worst < 0) break;
    free.add(worst);
  }
  return x;
}

function negated(values: Float64Array): Float64Array {
  return values.map((value) => -value);
}

function isWithin(x: Float64Array, low: Float64Array, high: Float64Array): boolean {
  for (let j = 0; j < x.length; j++) if (!(x[j] >= low[j] && x[j] <= high[j])) return false;
  return true;
}

/** Moves the free variables towards their minimum. One that meets a bound is held there, and the answer is false. */
function solveFree(
  factor: readonly Float64Array[],
  slope: Float64Array,
  low: Float64Array,
  high: Float64Array,
  x: Float64Array,
  free: Set<number>,
): boolean {
  const all = free.size === x.length;
  const places = all ? [...x.keys()] : [...free];
  const gradient = gradientAt(factor, slope, x);
  const descent = new Float64Array(places.length);
  for (let i = 0; i < places.length; i++) descent[i] = -gradient[places[i]];
  const move = solveNormal(all ? factor : qr(places.map((j) => factor[j].slice())), descent);
  let [share, blocking] = [1, -1];
  places.forEach((j, i) => {
    if (move[i] === 0) return;
    const limit = Math.max(0, ((move[i] < 0 ? low[j] : high[j]) - x[j]) / move[i]);
    if (limit < share) [share, blocking] = [limit, j];
  });
  places.forEach((j, i) => (x[j] += share * move[i]));
  if (blocking < 0) return true;
  x[blocking] = move[places.indexOf(blocking)] < 0 ? low[blocking] : high[blocking];
  free.delete(blocking);
  return false;
}

/** RᵀRx + slope. */
function gradientAt(factor: readonly Float64Array[], slope: Float64Array, x: Float64Array): Float64Array {
  const image = new Float64Array(x.length);
  for (let j = 0; j < x.length; j++) {
    // Upper triangular: what follows is 0.
    for (let i = 0; i <= j; i++) image[i] += factor[j][i] * x[j];
  }
  const gradient = slope.slice();
  for (let j = 0; j < x.length; j++) gradient[j] += dot(factor[j], image);
  return gradient;
}
