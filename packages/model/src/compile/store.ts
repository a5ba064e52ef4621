import type { GraphBuilder } from '../onnx/graph.js';
import { asBytes } from './bytes.js';
import { rowsOf, type Matrix } from './matrix.js';

/** Writes a table of numbers as they are. */
export async function storeTable(graph: GraphBuilder, name: string, matrix: Matrix): Promise<string> {
  async function* parts() {
    for await (const numbers of rowsOf(matrix)) yield asBytes(numbers);
  }
  return graph.constant(name, 'float32', [matrix.rows, matrix.columns], parts());
}

/**
 * Writes a matrix in blocks of numbers that share a scale each: values [rows, blocks, blockBytes] and scales [rows, blocks].
 *
 * @param block - Numbers of a block; divides the columns.
 * @param blockBytes - Bytes of its values.
 */
export async function storeBlocks(
  graph: GraphBuilder,
  name: string,
  matrix: Matrix,
  block: number,
  blockBytes: number,
  quantize: (numbers: Float32Array) => { values: Uint8Array; scales: Float32Array },
): Promise<{ readonly values: string; readonly scales: string }> {
  const { rows, columns } = matrix;
  const blocks = columns / block;
  // One pass makes both; the scales, a small part of the matrix, wait until its values are written.
  const scales: Uint8Array[] = [];
  async function* valuesOf() {
    for await (const numbers of rowsOf(matrix)) {
      const quantized = quantize(numbers);
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
    values: await graph.constant(name, 'uint8', [rows, blocks, blockBytes], valuesOf()),
    scales: await graph.constant(`${name}.scales`, 'float32', [rows, blocks], scalesOf()),
  };
}
