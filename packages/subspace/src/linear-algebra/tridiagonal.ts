/** A symmetric matrix brought to tridiagonal form: A = Q T Qᵀ with an orthogonal Q. */
export interface Tridiagonal {
  /** The diagonal of T. */
  readonly diagonal: Float64Array;
  /** `beside[i]` couples i and i + 1; the last one is 0. */
  readonly beside: Float64Array;
  /** Qᵀ v. */
  readonly intoBasis: (v: Float64Array) => Float64Array;
  /** Q v. */
  readonly outOfBasis: (v: Float64Array) => Float64Array;
}

/**
 * Householder's reduction of a symmetric matrix, last row first, on the lower triangle (as in EISPACK's
 * tred2, Martin, Reinsch and Wilkinson 1968). Q is kept as its reflections and never written out.
 *
 * @param matrix - Row-major [n, n]; the lower triangle is overwritten.
 */
export function tridiagonalise(matrix: Float64Array, n: number): Tridiagonal {
  const diagonal = new Float64Array(n);
  const beside = new Float64Array(n);
  /** Reflection i is I − v vᵀ / scale[i] with v in the first i places of row i; 0 stands for none. */
  const scale = new Float64Array(n);
  const w = new Float64Array(n);

  for (let i = n - 1; i > 0; i--) {
    const v = matrix.subarray(i * n, i * n + i);
    const square = sumOfSquares(v);
    const end = v[i - 1];
    if (square === end ** 2) {
      beside[i - 1] = end;
      continue;
    }
    const norm = end > 0 ? -Math.sqrt(square) : Math.sqrt(square);
    beside[i - 1] = norm;
    scale[i] = square - end * norm;
    v[i - 1] = end - norm;
    rankTwoStep(matrix, n, v, scale[i], w);
  }
  for (let i = 0; i < n; i++) diagonal[i] = matrix[i * n + i];

  function reflect(x: Float64Array, i: number): void {
    if (scale[i] === 0) return;
    let along = 0;
    for (let k = 0; k < i; k++) along += matrix[i * n + k] * x[k];
    along /= scale[i];
    for (let k = 0; k < i; k++) x[k] -= along * matrix[i * n + k];
  }
  return {
    diagonal,
    beside,
    intoBasis(v) {
      const x = v.slice();
      for (let i = n - 1; i > 0; i--) reflect(x, i);
      return x;
    },
    outOfBasis(v) {
      const x = v.slice();
      for (let i = 1; i < n; i++) reflect(x, i);
      return x;
    },
  };
}

/** A ← H A H on the leading block that v spans: A − v wᵀ − w vᵀ. */
function rankTwoStep(matrix: Float64Array, n: number, v: Float64Array, scale: number, w: Float64Array): void {
  const size = v.length;
  w.fill(0, 0, size);
  for (let j = 0; j < size; j++) {
    const row = j * n;
    let sum = matrix[row + j] * v[j];
    for (let k = 0; k < j; k++) {
      sum += matrix[row + k] * v[k];
      w[k] += matrix[row + k] * v[j];
    }
    w[j] += sum;
  }
  let along = 0;
  for (let k = 0; k < size; k++) {
    w[k] /= scale;
    along += w[k] * v[k];
  }
  along /= 2 * scale;
  for (let k = 0; k < size; k++) w[k] -= along * v[k];
  for (let j = 0; j < size; j++) {
    const row = j * n;
    for (let k = 0; k <= j; k++) matrix[row + k] -= v[j] * w[k] + w[j] * v[k];
  }
}

function sumOfSquares(v: Float64Array): number {
  let sum = 0;
  for (let i = 0; i < v.length; i++) sum += v[i] * v[i];
  return sum;
}
