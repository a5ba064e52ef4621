/** Where a function may be looked at. */
export interface RootRange {
  readonly low: number;
  readonly high: number;
  /** Where to look first, from low to high. */
  readonly start: number;
}

const MOST_STEPS = 200;
/** Distance from 0 that is none. */
const PRECISE = 1e-12;

/**
 * Where an increasing function is 0: the nearer end of the range if that is nowhere in it. Steps that double lead from
 * the start to the other side of the root, and false positions in between close in on it (the Illinois method).
 */
export function increasingRoot(valueAt: (x: number) => number, { low, high, start }: RootRange): number {
  let [a, valueA] = [start, valueAt(start)];
  let [b, valueB] = [a, valueA];
  const end = valueA < 0 ? high : low;
  for (let step = Math.max(Math.abs(start) / 2, (high - low) / 1024); isSameSide(valueA, valueB); step *= 2) {
    if (Math.abs(valueB) <= PRECISE || b === end) return b;
    [a, valueA] = [b, valueB];
    b = end === high ? Math.min(high, b + step) : Math.max(low, b - step);
    valueB = valueAt(b);
  }
  // The root is between a and b, and b is the newer of the two.
  for (let step = 0; step < MOST_STEPS && Math.abs(valueB) > PRECISE; step++) {
    const x = b - (valueB * (b - a)) / (valueB - valueA);
    if (x === a || x === b) break;
    const value = valueAt(x);
    if (isSameSide(value, valueB)) valueA /= 2;
    else [a, valueA] = [b, valueB];
    [b, valueB] = [x, value];
  }
  return b;
}

function isSameSide(a: number, b: number): boolean {
  return a < 0 === b < 0;
}
