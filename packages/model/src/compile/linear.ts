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
import { lookUpOnGpu, multiplyOnGpu, storeGpuMatrix, type GpuMatrix } from './gpu-linear.js';
import { isForGpu, type GraphPrecision } from './precision.js';
import { QUANTIZED_BLOCK, quantize8 } from './quantize.js';
import { stack, type Matrix } from './matrix.js';
import { storeBlocks, storeTable } from './store.js';
import type { WeightReader } from './read-weights.js';
import type { Part } from './tensor-spec.js';

/** A matrix whose constants are in the graph, in the form that its precision asks for. */
export type StoredMatrix =
  | GpuMatrix
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
  const scales = 'scales' in matrix ? matrix.scales : undefined;
  const zeros = 'zeros' in matrix ? matrix.zeros : undefined;
  return [matrix.values, scales, zeros].filter((name) => name !== undefined);
}

/** Writes the constants of a matrix that is no four-bit one. Rows that are no whole number of blocks stay in f32. */
export async function storeMatrix(
  graph: GraphBuilder,
  name: string,
  matrix: Matrix,
  precision: GraphPrecision,
): Promise<StoredMatrix> {
  if (isForGpu(precision)) return storeGpuMatrix(graph, name, matrix, precision);
  const { rows, columns } = matrix;
  if (precision === 'f32' || columns % QUANTIZED_BLOCK !== 0)
    return { precision: 'f32', values: await storeTable(graph, name, matrix), rows, columns };
  const stored = await storeBlocks(graph, name, matrix, QUANTIZED_BLOCK, QUANTIZED_BLOCK, quantize8);
  return { precision: 'int8', ...stored, rows, columns };
}

function isOnGpu(matrix: StoredMatrix): matrix is GpuMatrix {
  return isForGpu(matrix.precision);
}

/**
 * input […, columns] × matrixᵀ → […, rows].
 *
 * @param rank - Of the input (default: 3).
 */
export function multiply(graph: GraphBuilder, input: string, matrix: StoredMatrix, rank: 2 | 3 = 3): string {
  if (matrix.precision === 'int4') return multiplyFourBit(graph, input, matrix, rank);
  if (isOnGpu(matrix)) return multiplyOnGpu(graph, input, matrix);
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
  precision: GraphPrecision,
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
  precision: GraphPrecision,
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
  if (isOnGpu(matrix)) {
    lookUpOnGpu(graph, indices, matrix, output);
    return;
  }
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
