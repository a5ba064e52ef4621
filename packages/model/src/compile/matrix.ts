import type { RowSlice } from './tensor-spec.js';

/** A weight matrix [out, in], row-major, whose rows are read when they are wanted: it may be larger than memory. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  /** Rows from `from` on, [count, columns]. What comes back is not to be written to. */
  read(from: number, count: number): Promise<Float32Array>;
}

/** A matrix that is read whole, with the first of its rows, and kept. */
export function wholeMatrix(rows: number, columns: number, load: () => Promise<Float32Array>): Matrix {
  let loaded: Promise<Float32Array> | undefined;
  return {
    rows,
    columns,
    async read(from, count) {
      loaded ??= load();
      return (await loaded).subarray(from * columns, (from + count) * columns);
    },
  };
}

/** All numbers of a matrix. */
export async function dataOf(matrix: Matrix): Promise<Float32Array> {
  return matrix.read(0, matrix.rows);
}

/** A stretch of rows of a matrix. */
interface Stretch {
  readonly matrix: Matrix;
  readonly from: number;
  readonly count: number;
}

/** Matrices of equal `columns` as one, from stretches of their rows. */
function join(columns: number, stretches: readonly Stretch[]): Matrix {
  const rows = stretches.reduce((sum, { count }) => sum + count, 0);
  return {
    rows,
    columns,
    async read(from, count) {
      const parts: Float32Array[] = [];
      let start = 0;
      for (const stretch of stretches) {
        const first = Math.max(from, start);
        const end = Math.min(from + count, start + stretch.count);
        if (first < end) parts.push(await stretch.matrix.read(stretch.from + first - start, end - first));
        start += stretch.count;
      }
      const [only] = parts;
      if (parts.length === 1 && only !== undefined) return only;
      const data = new Float32Array(count * columns);
      let at = 0;
      for (const part of parts) {
        data.set(part, at);
        at += part.length;
      }
      return data;
    },
  };
}

/** Stacks matrices of equal `columns`, so that one product serves several projections. */
export function stack(matrices: readonly Matrix[]): Matrix {
  const stretches = matrices.map((matrix) => ({ matrix, from: 0, count: matrix.rows }));
  return join(matrices[0]?.columns ?? 0, stretches);
}

/** Some rows of a matrix. */
export function sliceRows(matrix: Matrix, { from, count, every = matrix.rows }: RowSlice): Matrix {
  const stretches: Stretch[] = [];
  for (let row = from; row < matrix.rows; row += every) stretches.push({ matrix, from: row, count });
  return join(matrix.columns, stretches);
}

/** Numbers that are worked on at once: enough that calls cost nothing, and few enough for the cache of a processor. */
const NUMBERS_AT_ONCE = 2 ** 19;

/** The rows of a matrix in order, some at once; the next ones are read while those are worked on. */
export async function* rowsOf(matrix: Matrix): AsyncGenerator<Float32Array> {
  const { rows, columns } = matrix;
  const some = Math.max(1, Math.floor(NUMBERS_AT_ONCE / columns));
  const read = async (from: number) =>
    from < rows ? matrix.read(from, Math.min(some, rows - from)) : undefined;
  let next = read(0);
  for (let from = 0; from < rows; from += some) {
    const numbers = await next;
    next = read(from + some);
    // A failure is met when its turn comes; one that nobody comes for must not end the program.
    next.catch(() => undefined);
    if (numbers !== undefined) yield numbers;
  }
}
