import type { ModelFile } from '../weights.js';
import type { Matrix } from './matrix.js';
import type { Part, RowSlice, TensorSpec } from './tensor-spec.js';

/** Reads a matrix of a model file. */
export async function readMatrix(model: ModelFile, name: string): Promise<Matrix> {
  const [rows = 0, columns = 0] = model.tensors.get(name)?.shape ?? [];
  return { rows, columns, data: await model.readF32(name) };
}

/** The weights of a model or of one of its blocks, by what they do. */
export interface WeightReader {
  /** Whether the model has the weights of a part. */
  has(part: Part): boolean;
  /** Whether the part has a bias. */
  hasBias(part: Part): boolean;
  /** The weights of a part as [out, in], whichever way the file has them. */
  matrix(part: Part): Promise<Matrix>;
  /** The weights of one expert alone, under the names of a plain MLP. */
  expert(index: number): WeightReader;
  /** The weights of a norm. */
  vector(part: Part): Promise<Float32Array>;
  /** The bias of a part. */
  bias(part: Part): Promise<Float32Array>;
}

/** [columns, rows], row-major, as [rows, columns]. */
function transpose({ rows, columns, data }: Matrix): Matrix {
  const turned = new Float32Array(data.length);
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns; column++)
      turned[column * rows + row] = data[row * columns + column];
  return { rows: columns, columns: rows, data: turned };
}

function sliceRows({ rows, columns, data }: Matrix, { from, count, every = rows }: RowSlice): Matrix {
  const parts: Float32Array[] = [];
  for (let row = from; row < rows; row += every)
    parts.push(data.subarray(row * columns, (row + count) * columns));
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) return { rows: count, columns, data: only };
  const taken = new Float32Array(parts.length * count * columns);
  parts.forEach((part, index) => taken.set(part, index * count * columns));
  return { rows: parts.length * count, columns, data: taken };
}

/** Reads the tensors of a list; one that several roles share is read once and kept while the reader is. */
export function weightReader(
  model: ModelFile,
  specs: readonly TensorSpec[],
  shared = new Map<string, Promise<Matrix>>(),
): WeightReader {
  const found = new Map(
    specs
      .filter(({ name, expert }) => expert === undefined && model.tensors.has(name))
      .map((spec) => [spec.role, spec] as const),
  );

  async function whole({ name, shape, transposed }: TensorSpec): Promise<Matrix> {
    const columns = shape.length > 1 ? (shape.at(-1) ?? 1) : 1;
    const rows = shape.slice(0, Math.max(1, shape.length - 1)).reduce((a, b) => a * b, 1);
    const matrix = { rows, columns, data: await model.readF32(name) };
    return transposed === true ? transpose(matrix) : matrix;
  }

  async function read(part: Part, kind: 'weight' | 'bias'): Promise<Matrix> {
    const spec = found.get(`${part}.${kind}`);
    if (spec === undefined) throw new Error(`The model has no ${part}.${kind}.`);
    if (spec.rows === undefined) return whole(spec);
    const matrix = shared.get(spec.name) ?? whole(spec);
    shared.set(spec.name, matrix);
    return sliceRows(await matrix, spec.rows);
  }

  return {
    has: (part) => found.has(`${part}.weight`),
    hasBias: (part) => found.has(`${part}.bias`),
    expert(index) {
      const own = specs.flatMap(({ expert, ...spec }) => (expert === index ? [spec] : []));
      return weightReader(model, own, shared);
    },
    matrix: async (part) => read(part, 'weight'),
    vector: async (part) => (await read(part, 'weight')).data,
    bias: async (part) => (await read(part, 'bias')).data,
  };
}
