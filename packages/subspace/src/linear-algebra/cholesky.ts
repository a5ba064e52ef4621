/**
 * Solves A x = b for a symmetric positive definite A by its Cholesky factor.
 *
 * @param matrix - A, row-major [n, n]; its lower triangle is overwritten by the factor.
 * @param right - b.
 * @returns x, or undefined when A is not positive definite to working precision.
 */
export function solveCholesky(matrix: Float64Array, right: Float64Array): Float64Array | undefined {
  const n = right.length;
  for (let i = 0; i < n; i++) {
    for (let j = 0; j <= i; j++) {
      let sum = matrix[i * n + j];
      for (let k = 0; k < j; k++) sum -= matrix[i * n + k] * matrix[j * n + k];
      if (j < i) {
        matrix[i * n + j] = sum / matrix[j * n + j];
      } else {
        if (!(sum > 0)) return undefined;
        matrix[i * n + i] = Math.sqrt(sum);
      }
    }
  }
  const x = right.slice();
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) x[i] -= matrix[i * n + k] * x[k];
    x[i] /= matrix[i * n + i];
  }
  for (let i = n - 1; i >= 0; i--) {
    x[i] /= matrix[i * n + i];
    for (let k = 0; k < i; k++) x[k] -= matrix[i * n + k] * x[i];
  }
  return x;
}
