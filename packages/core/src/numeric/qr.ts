import { dot } from './dot.js';

/**
 * The triangular factor R of a matrix A = QR, by modified Gram–Schmidt. It is as accurate as the matrix,
 * where the Cholesky factor of AᵀA, which is the same, has only half of the digits.
 *
 * @param columns - Linearly independent, of one length. They are overwritten.
 * @returns The columns of R, upper triangular.
 */
export function qr(columns: readonly Float64Array[]): Float64Array[] {
  const factor = columns.map(() => new Float64Array(columns.length));
  for (let j = 0; j < columns.length; j++) {
    const column = columns[j];
    const square = dot(column, column);
    const norm = Math.sqrt(square);
    factor[j][j] = norm;
    for (let k = j + 1; k < columns.length; k++) {
      const other = columns[k];
      const share = dot(column, other) / square;
      factor[k][j] = share * norm;
      for (let i = 0; i < other.length; i++) other[i] -= share * column[i];
    }
  }
  return factor;
}

/** Solves RᵀR x = b for the columns of an upper triangular R. */
export function solveNormal(factor: readonly Float64Array[], b: Float64Array): Float64Array {
  const x = b.slice();
  for (let i = 0; i < x.length; i++) {
    for (let k = 0; k < i; k++) x[i] -= factor[i][k] * x[k];
    x[i] /= factor[i][i];
  }
  for (let i = x.length - 1; i >= 0; i--) {
    for (let k = i + 1; k < x.length; k++) x[i] -= factor[k][i] * x[k];
    x[i] /= factor[i][i];
  }
  return x;
}
