import { isFloatType } from '../dequantize.js';
import type { ModelFile } from '../weights.js';
import { dataOf, sliceRows, wholeMatrix, type Matrix } from './matrix.js';
import type { Part, TensorSpec } from './tensor-spec.js';

/** A tensor of a model file as a matrix: its last size is that of the rows. */
export function tensorMatrix(model: ModelFile, name: string): Matrix {
  const { shape = [], type = 'F32' } = model.tensors.get(name) ?? {};
  const columns = shape.length > 1 ? (shape.at(-1) ?? 1) : 1;
  const rows = shape.slice(0, Math.max(1, shape.length - 1)).reduce((a, b) => a * b, 1);
  // Rows of packed layers are spread over the file, and a vector has none.
  if (shape.length < 2 || !isFloatType(type))
    return wholeMatrix(rows, columns, async () => model.readF32(name));
  return { rows, columns, read: async (from, count) => model.readRows(name, from, count) };
}

/** The weights of a model or of one of its blocks, by what they do. */
export interface WeightReader {
  /** Whether the model has the weights of a part. */
  has(part: Part): boolean;
  /** Whether the part has a bias. */
  hasBias(part: Part): boolean;
  /** The weights of a part as [out, in], whichever way the file has them. Nothing is read yet. */
  matrix(part: Part): Matrix;
  /** The weights of one expert alone, under the names of a plain MLP. */
  expert(index: number): WeightReader;
  /** The weights of a norm. */
  vector(part: Part): Promise<Float32Array>;
  /** The bias of a part. */
  bias(part: Part): Promise<Float32Array>;
}

/** [columns, rows], row-major, as [rows, columns]. */
function transpose(matrix: Matrix): Matrix {
  const { rows, columns } = matrix;
  return wholeMatrix(columns, rows, async () => {
    const data = await dataOf(matrix);
    const turned = new Float32Array(data.length);
    for (let row = 0; row < rows; row++)
      for (let column = 0; column < columns; column++)
        turned[column * rows + row] = data[row * columns + column];
    return turned;
  });
}

/** Reads the tensors of a list; one that is read whole and that several roles share is read once, and kept while the reader is. */
export function weightReader(
  model: ModelFile,
  specs: readonly TensorSpec[],
  shared = new Map<string, Matrix>(),
): WeightReader {
  const found = new Map(
    specs
      .filter(({ name, expert }) => expert === undefined && model.tensors.has(name))
      .map((spec) => [spec.role, spec] as const),
  );

  function whole({ name, transposed }: TensorSpec): Matrix {
    const matrix = tensorMatrix(model, name);
    return transposed === true ? transpose(matrix) : matrix;
  }

  function find(part: Part, kind: 'weight' | 'bias'): Matrix {
    const spec = found.get(`${part}.${kind}`);
    if (spec === undefined) throw new Error(`The model has no ${part}.${kind}.`);
    if (spec.rows === undefined) return whole(spec);
    const matrix = shared.get(spec.name) ?? whole(spec);
    shared.set(spec.name, matrix);
    return sliceRows(matrix, spec.rows);
  }

  return {
    has: (part) => found.has(`${part}.weight`),
    hasBias: (part) => found.has(`${part}.bias`),
    expert(index) {
      const own = specs.flatMap(({ expert, ...spec }) => (expert === index ? [spec] : []));
      return weightReader(model, own, shared);
    },
    matrix: (part) => find(part, 'weight'),
    vector: async (part) => dataOf(find(part, 'weight')),
    bias: async (part) => dataOf(find(part, 'bias')),
  };
}
