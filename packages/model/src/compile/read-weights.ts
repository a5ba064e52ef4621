import { isFloatType } from '../dequantize.js';
import type { FourBitMatrix } from '../four-bit.js';
import type { ModelFile } from '../weights.js';
import type { FourBitSource } from './four-bit-product.js';
import { dataOf, sliceRows, wholeMatrix, type Matrix } from './matrix.js';
import type { Part, RowSlice, TensorSpec } from './tensor-spec.js';

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
  /** The same as the four-bit blocks of the file; undefined where it has them in another form. */
  fourBit(part: Part): Promise<FourBitSource | undefined>;
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

/** Of numbers that lie row by row, those of some rows; `perRow` of each. */
function sliceNumbers<A extends Uint8Array | Float32Array>(
  numbers: A,
  perRow: number,
  { from, count, every = Infinity }: RowSlice,
): A {
  const rows = numbers.length / perRow;
  const starts: number[] = [];
  for (let row = from; row < rows; row += every) starts.push(row);
  const taken = new (numbers.constructor as new (length: number) => A)(starts.length * count * perRow);
  starts.forEach((row, index) =>
    taken.set(numbers.subarray(row * perRow, (row + count) * perRow), index * count * perRow),
  );
  return taken;
}

function sliceFourBit(matrix: FourBitMatrix, slice: RowSlice): FourBitMatrix {
  const { rows, columns } = matrix;
  const quants = sliceNumbers(matrix.quants, columns / 2, slice);
  const blocks = matrix.scales.length / rows;
  const [scales, minima] = [matrix.scales, matrix.minima].map((each) => sliceNumbers(each, blocks, slice));
  return { rows: quants.length / (columns / 2), columns, quants, scales, minima };
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

  function specOf(part: Part, kind: 'weight' | 'bias'): TensorSpec {
    const spec = found.get(`${part}.${kind}`);
    if (spec === undefined) throw new Error(`The model has no ${part}.${kind}.`);
    return spec;
  }

  async function fourBit(part: Part): Promise<FourBitSource | undefined> {
    const { name, rows: slice, transposed } = specOf(part, 'weight');
    const form = transposed === true ? undefined : await model.fourBitForm(name);
    if (form === undefined) return undefined;
    const { rows, columns } = find(part, 'weight');
    const read = async () => {
      const matrix = await model.readFourBit(name);
      return slice === undefined ? matrix : sliceFourBit(matrix, slice);
    };
    return { ...form, rows, columns, read };
  }

  function find(part: Part, kind: 'weight' | 'bias'): Matrix {
    const spec = specOf(part, kind);
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
    fourBit,
    vector: async (part) => dataOf(find(part, 'weight')),
    bias: async (part) => dataOf(find(part, 'bias')),
  };
}
