/** Of the largest number on the diagonal: what is left below this share is rounding. */
const ROUNDING = 1e-12;

/**
 * L of a symmetric, positive semidefinite matrix A = L Lᵀ of low rank, by Cholesky's decomposition with pivots: the largest
 * remaining number of the diagonal is taken first, until only rounding remains.
 *
 * @param matrix - Row-major [n, n]; it is left as it is.
 * @returns L column by column, row-major [rank, n].
 */
export function lowRankFactor(
  matrix: Float64Array,
  n: number,
): { readonly columns: Float64Array; readonly rank: number } {
  const left = Float64Array.from({ length: n }, (_, i) => matrix[i * n + i]);
  const least = ROUNDING * left.reduce((most, value) => Math.max(most, value), 0);
  const columns: Float64Array[] = [];
  while (columns.length < n) {
    const pivot = left.reduce((best, value, i) => (value > left[best] ? i : best), 0);
    if (!(left[pivot] > least)) break;
    const column = matrix.slice(pivot * n, (pivot + 1) * n);
    for (const before of columns) {
      const factor = before[pivot];
      for (let k = 0; k < n; k++) column[k] -= factor * before[k];
    }
    const root = Math.sqrt(left[pivot]);
    for (let k = 0; k < n; k++) {
      column[k] /= root;
      left[k] -= column[k] ** 2;
    }
    left[pivot] = 0;
    columns.push(column);
  }
  const all = new Float64Array(columns.length * n);
  columns.forEach((column, i) => all.set(column, i * n));
  return { columns: all, rank: columns.length };
}
