import { tridiagonalise } from './tridiagonal.js';

/** QL steps after which an eigenvalue counts as lost; two are usual. */
const MOST_STEPS = 60;

/**
 * A⁺ b for a symmetric A, where the pseudo-inverse keeps the eigenvalues above a threshold and drops
 * the others with their eigenvectors.
 *
 * The eigenvectors are never written out. A is made tridiagonal, T; implicit QL (Dubrulle, Martin and
 * Wilkinson 1968) makes T diagonal by plane rotations, which are applied to one vector, recorded, and
 * undone after the division by the eigenvalues. That takes a quarter of the time of a full decomposition.
 *
 * @param matrix - A, row-major [n, n]; its lower triangle is overwritten.
 * @param right - b.
 */
export function solvePseudoInverse(
  matrix: Float64Array,
  right: Float64Array,
  threshold: number,
): Float64Array {
  const reduced = tridiagonalise(matrix, right.length);
  const eigenvalues = reduced.diagonal;
  const rotations = createRotations();
  const x = reduced.intoBasis(right);
  diagonalise(eigenvalues, reduced.beside, (i, cosine, sine) => {
    rotations.push(i, cosine, sine);
    const next = x[i + 1];
    x[i + 1] = sine * x[i] + cosine * next;
    x[i] = cosine * x[i] - sine * next;
  });
  for (let i = 0; i < x.length; i++) x[i] = eigenvalues[i] > threshold ? x[i] / eigenvalues[i] : 0;
  rotations.undo(x);
  return reduced.outOfBasis(x);
}

/** Implicit QL on a tridiagonal matrix: `diagonal` becomes the eigenvalues, in no order. */
function diagonalise(
  diagonal: Float64Array,
  beside: Float64Array,
  rotate: (i: number, cosine: number, sine: number) => void,
): void {
  for (let first = 0; first < diagonal.length; first++) {
    for (let step = 0; ; step++) {
      const last = endOfBlock(diagonal, beside, first);
      if (last === first) break;
      if (step === MOST_STEPS) throw new Error('the eigenvalues of the covariance do not converge');
      qlStep(diagonal, beside, first, last, rotate);
    }
  }
}

/** The first place from `first` on that is not coupled to the next one. */
function endOfBlock(diagonal: Float64Array, beside: Float64Array, first: number): number {
  let last = first;
  while (
    last < diagonal.length - 1 &&
    Math.abs(beside[last]) > Number.EPSILON * (Math.abs(diagonal[last]) + Math.abs(diagonal[last + 1]))
  ) {
    last++;
  }
  return last;
}

/** One QL step with Wilkinson's shift on the block from `first` to `last`. */
function qlStep(
  diagonal: Float64Array,
  beside: Float64Array,
  first: number,
  last: number,
  rotate: (i: number, cosine: number, sine: number) => void,
): void {
  const ratio = (diagonal[first + 1] - diagonal[first]) / (2 * beside[first]);
  const root = Math.sqrt(ratio * ratio + 1);
  let g = diagonal[last] - diagonal[first] + beside[first] / (ratio + (ratio < 0 ? -root : root));
  let sine = 1;
  let cosine = 1;
  let shift = 0;
  for (let i = last - 1; i >= first; i--) {
    const f = sine * beside[i];
    const b = cosine * beside[i];
    const length = Math.sqrt(f * f + g * g);
    beside[i + 1] = length;
    if (length === 0) {
      diagonal[i + 1] -= shift;
      beside[last] = 0;
      return;
    }
    sine = f / length;
    cosine = g / length;
    g = diagonal[i + 1] - shift;
    const rest = (diagonal[i] - g) * sine + 2 * cosine * b;
    shift = sine * rest;
    diagonal[i + 1] = g + shift;
    g = cosine * rest - b;
    rotate(i, cosine, sine);
  }
  diagonal[first] -= shift;
  beside[first] = g;
  beside[last] = 0;
}

/** Plane rotations of neighbouring places, in the order in which they were made. */
function createRotations() {
  let places = new Int32Array(1024);
  let angles = new Float64Array(2048);
  let count = 0;
  return {
    push(i: number, cosine: number, sine: number): void {
      if (count === places.length) {
        places = grown(places, new Int32Array(2 * places.length));
        angles = grown(angles, new Float64Array(2 * angles.length));
      }
      places[count] = i;
      angles[2 * count] = cosine;
      angles[2 * count + 1] = sine;
      count++;
    },
    /** Applies the transposed rotations to a vector, last one first. */
    undo(x: Float64Array): void {
      for (let r = count - 1; r >= 0; r--) {
        const i = places[r];
        const cosine = angles[2 * r];
        const sine = angles[2 * r + 1];
        const next = x[i + 1];
        x[i + 1] = cosine * next - sine * x[i];
        x[i] = cosine * x[i] + sine * next;
      }
    },
  };
}

function grown<T extends Int32Array | Float64Array>(from: T, into: T): T {
  into.set(from);
  return into;
}
