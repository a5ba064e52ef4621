import { FOUR_BIT_BLOCK } from '../four-bit.js';
import { CONTRIB, ELEMENT, type GraphBuilder } from '../onnx/graph.js';
import type { GpuPrecision } from './precision.js';
import { toHalves } from './half-bits.js';
import { rowsOf, type Matrix } from './matrix.js';
import { quantize4 } from './quantize4.js';
import { storeBlocks, storeTable } from './store.js';

/** A matrix whose constants are in a graph for a GPU. */
export interface GpuMatrix {
  readonly precision: GpuPrecision;
  readonly values: string;
  /** Of blocks of four bits. */
  readonly scales?: string;
  readonly rows: number;
  readonly columns: number;
}

/** Casts numbers to single or half precision. */
export function cast(graph: GraphBuilder, input: string, type: 'float32' | 'float16'): string {
  return graph.node('Cast', [input], { to: ELEMENT[type] });
}

/** Writes the constants of a matrix. Rows that are no whole number of blocks are not rounded. */
export async function storeGpuMatrix(
  graph: GraphBuilder,
  name: string,
  matrix: Matrix,
  precision: GpuPrecision,
): Promise<GpuMatrix> {
  const { rows, columns } = matrix;
  async function* halves() {
    for await (const numbers of rowsOf(matrix)) yield toHalves(numbers);
  }
  if (precision === 'gpu-f16') {
    const values = await graph.constant(name, 'float16', [rows, columns], halves());
    return { precision, values, rows, columns };
  }
  if (precision === 'gpu-f32' || columns % FOUR_BIT_BLOCK !== 0)
    return { precision: 'gpu-f32', values: await storeTable(graph, name, matrix), rows, columns };
  const bytes = FOUR_BIT_BLOCK / 2;
  const stored = await storeBlocks(graph, name, matrix, FOUR_BIT_BLOCK, bytes, quantize4);
  return { precision, ...stored, rows, columns };
}

/** input [N, columns] × matrixᵀ → [N, rows], in single precision. */
export function multiplyOnGpu(graph: GraphBuilder, input: string, matrix: GpuMatrix): string {
  const { precision, values, scales, rows, columns } = matrix;
  if (scales !== undefined) {
    const sizes = { K: columns, N: rows, bits: 4, block_size: FOUR_BIT_BLOCK };
    return graph.node('MatMulNBits', [input, values, scales], sizes, { domain: CONTRIB });
  }
  if (precision === 'gpu-f32') return graph.node('Gemm', [input, values], { transB: 1 });
  const product = graph.node('Gemm', [cast(graph, input, 'float16'), values], { transB: 1 });
  return cast(graph, product, 'float32');
}

/** Rows of the matrix by index [N] → [N, columns], in single precision, under the name `output`. */
export function lookUpOnGpu(graph: GraphBuilder, indices: string, matrix: GpuMatrix, output: string): void {
  const { precision, values, scales, columns } = matrix;
  if (scales !== undefined) {
    const apart = graph.node('Unsqueeze', [scales, graph.int64s([2])]);
    const attributes = { gather_axis: 0, quantize_axis: 2, block_size: FOUR_BIT_BLOCK, bits: 4 };
    const found = graph.node('GatherBlockQuantized', [values, indices, apart], attributes, {
      domain: CONTRIB,
    });
    graph.node('Reshape', [found, graph.int64s([-1, columns])], {}, { output });
    return;
  }
  if (precision === 'gpu-f32') {
    graph.node('Gather', [values, indices], { axis: 0 }, { output });
    return;
  }
  const found = graph.node('Gather', [values, indices], { axis: 0 });
  graph.node('Cast', [found], { to: ELEMENT.float32 }, { output });
}
