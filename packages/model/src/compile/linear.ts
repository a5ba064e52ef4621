import type { GraphBuilder } from '../onnx/graph.js';
import { CONTRIB } from '../onnx/graph.js';
import { asBytes } from './bytes.js';
import { QUANTIZED_BLOCK, quantize8 } from './quantize.js';
import type { Matrix } from './matrix.js';
import type { WeightReader } from './read-weights.js';
import type { Part } from './tensor-spec.js';

/**
 * Arithmetic of the matrix products: `f32`, or `int8` (weights in blocks of 64 with one scale each;
 * activations are rounded to eight bits, block by block and row by row, so that rows stay independent).
 */
export type Precision = 'f32' | 'int8';

/** Stacks matrices of equal `columns`, so that one product serves several projections. */
export function stack(matrices: readonly Matrix[]): Matrix {
  const columns = matrices[0]?.columns ?? 0;
  const rows = matrices.reduce((sum, each) => sum + each.rows, 0);
  const data = new Float32Array(rows * columns);
  let at = 0;
  for (const each of matrices) {
    data.set(each.data, at);
    at += each.data.length;
  }
  return { rows, columns, data };
}

/** A matrix whose constants are in the graph, in the form that its precision asks for. */
export type StoredMatrix =
  | { readonly precision: 'f32'; readonly values: string; readonly rows: number; readonly columns: number }
  | {
      readonly precision: 'int8';
      readonly values: string;
      readonly scales: string;
      readonly rows: number;
      readonly columns: number;
    };

/** Names of the constants of a matrix. */
export function constantsOf(matrix: StoredMatrix): string[] {
  return matrix.precision === 'f32' ? [matrix.values] : [matrix.values, matrix.scales];
}

/** Writes the constants of a matrix. Rows that are no whole number of blocks stay in f32. */
export async function storeMatrix(
  graph: GraphBuilder,
  name: string,
  matrix: Matrix,
  precision: Precision,
): Promise<StoredMatrix> {
  const { rows, columns, data } = matrix;
  if (precision === 'f32' || columns % QUANTIZED_BLOCK !== 0) {
    const values = await graph.constant(name, 'float32', [rows, columns], asBytes(data));
    return { precision: 'f32', values, rows, columns };
  }
  const blocks = columns / QUANTIZED_BLOCK;
  const quantized = quantize8(data);
  const values = await graph.constant(name, 'uint8', [rows, blocks, QUANTIZED_BLOCK], quantized.values);
  const scales = await graph.constant(`${name}.scales`, 'float32', [rows, blocks], asBytes(quantized.scales));
  return { precision: 'int8', values, scales, rows, columns };
}

/** input […, columns] × matrixᵀ → […, rows]. */
export function multiply(graph: GraphBuilder, input: string, matrix: StoredMatrix): string {
  if (matrix.precision === 'f32')
    return graph.node('FusedMatMul', [input, matrix.values], { transB: 1 }, { domain: CONTRIB });
  return graph.node(
    'MatMulNBits',
    [input, matrix.values, matrix.scales],
    { K: matrix.columns, N: matrix.rows, bits: 8, block_size: QUANTIZED_BLOCK, accuracy_level: 4 },
    { domain: CONTRIB },
  );
}

/** A matrix, and what is added to its products. */
export interface StoredProjection {
  readonly matrix: StoredMatrix;
  /** Name of the constant; absent where nothing is added. */
  readonly bias?: string;
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
  const matrices = await Promise.all(parts.map(async (part) => reader.matrix(part)));
  const matrix = await storeMatrix(graph, name, stack(matrices), precision);
  if (!parts.some((part) => reader.hasBias(part))) return { matrix };
  const added = new Float32Array(matrix.rows);
  let at = 0;
  for (const [index, part] of parts.entries()) {
    if (reader.hasBias(part)) added.set(await reader.bias(part), at);
    at += matrices[index]?.rows ?? 0;
  }
  return { matrix, bias: await graph.constant(`${name}.bias`, 'float32', [matrix.rows], asBytes(added)) };
}

/** input […, columns] → […, rows], the bias added. */
export function project(graph: GraphBuilder, input: string, { matrix, bias }: StoredProjection): string {
  const product = multiply(graph, input, matrix);
  return bias === undefined ? product : graph.node('Add', [product, bias]);
}

/** Rows of the matrix by index [1, N] → [1, N, columns], under the name `output`. */
export function lookUp(graph: GraphBuilder, indices: string, matrix: StoredMatrix, output: string): void {
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
