import type { GraphBuilder } from '../onnx/graph.js';
import { CONTRIB } from '../onnx/graph.js';
import { asBytes } from './bytes.js';
import {
  lookUpFourBit,
  multiplyFourBit,
  stackFourBit,
  storeFourBit,
  type StoredFourBit,
} from './four-bit-product.js';
import { QUANTIZED_BLOCK, quantize8 } from './quantize.js';
import { rowsOf, stack, type Matrix } from './matrix.js';
import type { WeightReader } from './read-weights.js';
import type { Part } from './tensor-spec.js';

/**
 * Arithmetic of the matrix products. `f32`: that of the published weights. `int8`: weights in blocks of 64 with one scale each.
 * `int4`: the four-bit blocks of the model file as they are, and `int8` for what it has in another form. In both of them
 * activations are rounded to eight bits, block by block and row by row, so that rows stay independent.
 */
export type Precision = 'f32' | 'int8' | 'int4';

/** A matrix whose constants are in the graph, in the form that its precision asks for. */
export type StoredMatrix =
  | { readonly precision: 'f32'; readonly values: string; readonly rows: number; readonly columns: number }
  | {
      readonly precision: 'int8';
      readonly values: string;
      readonly scales: string;
      readonly rows: number;
      readonly columns: number;
    }
  | StoredFourBit;

/** Names of the constants of a matrix. */
export function constantsOf(matrix: StoredMatrix): string[] {
  if (matrix.precision === 'f32') return [matrix.values];
  const zeros = matrix.precision === 'int4' ? matrix.zeros : undefined;
  return [matrix.values, matrix.scales, ...(zeros === undefined ? [] : [zeros])];
}

/** Writes a table of numbers as they are. */
export async function storeTable(graph: GraphBuilder, name: string, matrix: Matrix): Promise<string> {
  async function* parts() {
    for await (const numbers of rowsOf(matrix)) yield asBytes(numbers);
  }
  return graph.constant(name, 'float32', [matrix.rows, matrix.columns], parts());
}

/** Writes the constants of a matrix that is no four-bit one. Rows that are no whole number of blocks stay in f32. */
export async function storeMatrix(
  graph: GraphBuilder,
  name: string,
  matrix: Matrix,
  precision: Precision,
): Promise<StoredMatrix> {
  const { rows, columns } = matrix;
  if (precision === 'f32' || columns % QUANTIZED_BLOCK !== 0)
    return { precision: 'f32', values: await storeTable(graph, name, matrix), rows, columns };
  const blocks = columns / QUANTIZED_BLOCK;
  // One pass makes both; the scales, a sixteenth of the matrix, wait until its values are written.
  const scales: Uint8Array[] = [];
  async function* valuesOf() {
    for await (const numbers of rowsOf(matrix)) {
      const quantized = quantize8(numbers);
      scales.push(asBytes(quantized.scales));
      yield quantized.values;
    }
  }
  async function* scalesOf() {
    // Where only sizes are asked for, no values have been made.
    if (scales.length === 0) yield new Uint8Array(rows * blocks * Float32Array.BYTES_PER_ELEMENT);
    yield* scales;
  }
  return {
    precision: 'int8',
    values: await graph.constant(name, 'uint8', [rows, blocks, QUANTIZED_BLOCK], valuesOf()),
    scales: await graph.constant(`${name}.scales`, 'float32', [rows, blocks], scalesOf()),
    rows,
    columns,
  };
}

/**
 * input […, columns] × matrixᵀ → […, rows].
 *
 * @param rank - Of the input (default: 3).
 */
export function multiply(graph: GraphBuilder, input: string, matrix: StoredMatrix, rank: 2 | 3 = 3): string {
  if (matrix.precision === 'int4') return multiplyFourBit(graph, input, matrix, rank);
  if (matrix.precision === 'f32')
    return graph.node('FusedMatMul', [input, matrix.values], { transB: 1 }, { domain: CONTRIB });
  return graph.node(
    'MatMulNBits',
    [input, matrix.values, matrix.scales],
    { K: matrix.columns, N: matrix.rows, bits: 8, block_size: QUANTIZED_BLOCK, accuracy_level: 4 },
    { domain: CONTRIB },
  );
}

/** Matrices of the same input, and what is added to their products. */
export interface StoredProjection {
  /** One above the other. Neighbours that are stored alike are one. */
  readonly matrices: readonly StoredMatrix[];
  /** Rows of all of them. */
  readonly rows: number;
  /** Name of the constant; absent where nothing is added. */
  readonly bias?: string;
}

/**
 * Writes the matrices of parts, one above the other: of neighbours, those in four bits as one, and the others as one.
 *
 * @param reader - Where the parts are read.
 */
export async function storeParts(
  graph: GraphBuilder,
  name: string,
  reader: WeightReader,
  parts: readonly Part[],
  precision: Precision,
): Promise<StoredMatrix[]> {
  const sources = await Promise.all(
    parts.map(async (part) => (precision === 'int4' ? reader.fourBit(part) : undefined)),
  );
  const stored: StoredMatrix[] = [];
  for (let first = 0, end = 0; first < parts.length; first = end) {
    const isFourBit = sources[first] !== undefined;
    while (end < parts.length && (sources[end] !== undefined) === isFourBit) end++;
    const own = first === 0 ? name : `${name}.${first}`;
    const fourBit = sources.slice(first, end).filter((each) => each !== undefined);
    const matrices = parts.slice(first, end).map((part) => reader.matrix(part));
    stored.push(
      isFourBit
        ? await storeFourBit(graph, own, stackFourBit(fourBit))
        : await storeMatrix(graph, own, stack(matrices), precision),
    );
  }
  return stored;
}

/**
 * Writes a projection: the matrices of its parts, one above the other, and their biases, 0 for a part without one.
 *
 * @param reader - Where the parts are read.
 */
export async function storeProjection(
  graph: GraphBuilder,
  name: string,
  reader: WeightReader,
  parts: readonly Part[],
  precision: Precision,
): Promise<StoredProjection> {
  const matrices = await storeParts(graph, name, reader, parts, precision);
  const rows = matrices.reduce((sum, each) => sum + each.rows, 0);
  if (!parts.some((part) => reader.hasBias(part))) return { matrices, rows };
  const added = new Float32Array(rows);
  let at = 0;
  for (const part of parts) {
    if (reader.hasBias(part)) added.set(await reader.bias(part), at);
    at += reader.matrix(part).rows;
  }
  return { matrices, rows, bias: await graph.constant(`${name}.bias`, 'float32', [rows], asBytes(added)) };
}

/**
 * input […, columns] → […, rows], the bias added.
 *
 * @param rank - Of the input (default: 3).
 */
export function project(
  graph: GraphBuilder,
  input: string,
  { matrices, bias }: StoredProjection,
  rank: 2 | 3 = 3,
): string {
  const products = matrices.map((matrix) => multiply(graph, input, matrix, rank));
  const product = products.length === 1 ? products[0] : graph.node('Concat', products, { axis: -1 });
  return bias === undefined ? product : graph.node('Add', [product, bias]);
}

/** Rows of the matrix by index [1, N] → [1, N, columns], under the name `output`. */
export function lookUp(graph: GraphBuilder, indices: string, matrix: StoredMatrix, output: string): void {
  if (matrix.precision === 'int4') {
    lookUpFourBit(graph, indices, matrix, output);
    return;
  }
  if (matrix.precision === 'f32') {
    graph.node('Gather', [matrix.values, indices], { axis: 0 }, { output });
    return;
  }
  const values = graph.node('Gather', [matrix.values, indices], { axis: 0 });
  const scales = graph.node('Gather', [matrix.scales, indices], { axis: 0 });
  const centred = graph.node('Sub', [graph.node('Cast', [values], { to: 1 }), graph.float(128)]);
  const scaled = graph.node('Mul', [centred, graph.node('Unsqueeze', [scales, graph.int64s([3])])]);
  graph.node('Reshape', [scaled, graph.int64s([1, -1, matrix.columns])], {}, { output });
}
