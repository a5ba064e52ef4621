import { FOUR_BIT_BLOCK, type FourBitForm, type FourBitMatrix } from '../four-bit.js';
import { CONTRIB, type GraphBuilder } from '../onnx/graph.js';
import { concatBytes } from '../onnx/protobuf.js';
import { asBytes } from './bytes.js';
import { blocksOfRow, centreBlocks, inputColumns, type CentredBlocks } from './centre-blocks.js';

/** A matrix that its file has as four-bit blocks, which are read when they are wanted. */
export interface FourBitSource extends FourBitForm {
  readonly rows: number;
  readonly columns: number;
  read(): Promise<FourBitMatrix>;
}

/** A four-bit matrix whose constants are in the graph. */
export interface StoredFourBit {
  readonly precision: 'int4';
  readonly values: string;
  readonly scales: string;
  /** Absent where every zero is 8. */
  readonly zeros?: string;
  readonly rows: number;
  readonly columns: number;
  readonly offsets: boolean;
}

/** Matrices of equal `columns`, one above the other. */
export function stackFourBit(sources: readonly FourBitSource[]): FourBitSource {
  const [{ columns }] = sources;
  return {
    rows: sources.reduce((sum, { rows }) => sum + rows, 0),
    columns,
    zeros: sources.some(({ zeros }) => zeros),
    offsets: sources.some(({ offsets }) => offsets),
    async read() {
      const parts: FourBitMatrix[] = [];
      for (const source of sources) parts.push(await source.read());
      if (parts.length === 1) return parts[0];
      const joined = (of: 'scales' | 'minima') => joinFloats(parts.map((part) => part[of]));
      return {
        rows: parts.reduce((sum, { rows }) => sum + rows, 0),
        columns,
        quants: concatBytes(parts.map(({ quants }) => quants)),
        scales: joined('scales'),
        minima: joined('minima'),
      };
    },
  };
}

function joinFloats(parts: readonly Float32Array[]): Float32Array {
  const all = new Float32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Writes the constants of a four-bit matrix. It is read with the first of them, and let go with the last. */
export async function storeFourBit(
  graph: GraphBuilder,
  name: string,
  source: FourBitSource,
): Promise<StoredFourBit> {
  const { rows, columns, offsets } = source;
  const blocks = blocksOfRow(columns, offsets);
  let made: Promise<CentredBlocks> | undefined;
  async function* bytesOf(pick: (made: CentredBlocks) => Uint8Array) {
    made ??= source.read().then((matrix) => centreBlocks(matrix, offsets));
    yield pick(await made);
  }
  const values = bytesOf((all) => all.values);
  const scales = bytesOf((all) => asBytes(all.scales));
  const zeros = bytesOf((all) => all.zeros);
  return {
    precision: 'int4',
    values: await graph.constant(name, 'uint8', [rows, blocks, FOUR_BIT_BLOCK / 2], values),
    scales: await graph.constant(`${name}.scales`, 'float32', [rows, blocks], scales),
    ...(source.zeros && {
      zeros: await graph.constant(`${name}.zeros`, 'uint8', [rows, Math.ceil(blocks / 2)], zeros),
    }),
    rows,
    columns,
    offsets,
  };
}

/**
 * The input and the sums of its blocks, for the columns of the offsets.
 *
 * @param rank - Of the input: [rows, columns] or [1, rows, columns].
 */
function withSums(graph: GraphBuilder, input: string, columns: number, rank: 2 | 3): string {
  const lead = rank === 2 ? [0] : [0, 0];
  const blocks = [...lead, columns / FOUR_BIT_BLOCK, FOUR_BIT_BLOCK];
  const shaped = graph.node('Reshape', [input, graph.int64s(blocks)]);
  const sums = graph.node('ReduceSum', [shaped, graph.int64s([-1])], { keepdims: 0 });
  const ones = graph.node('Mul', [sums, graph.float(1 / 16)]);
  return graph.node('Concat', [input, sums, ones], { axis: -1 });
}

/** input […, columns] × matrixᵀ → […, rows], the input rounded to eight bits block by block and row by row. */
export function multiplyFourBit(
  graph: GraphBuilder,
  input: string,
  matrix: StoredFourBit,
  rank: 2 | 3,
): string {
  const { values, scales, zeros, rows, columns, offsets } = matrix;
  return graph.node(
    'MatMulNBits',
    [
      offsets ? withSums(graph, input, columns, rank) : input,
      values,
      scales,
      ...(zeros === undefined ? [] : [zeros]),
    ],
    { K: inputColumns(columns, offsets), N: rows, bits: 4, block_size: FOUR_BIT_BLOCK, accuracy_level: 4 },
    { domain: CONTRIB },
  );
}

/** Bytes of two numbers as those numbers, […, n] → […, 2 · n], float32. */
function halves(graph: GraphBuilder, packed: string, shape: readonly number[]): string {
  const bytes = graph.node('Cast', [packed], { to: 1 });
  const high = graph.node('Floor', [graph.node('Mul', [bytes, graph.float(1 / 16)])]);
  const low = graph.node('Sub', [bytes, graph.node('Mul', [high, graph.float(16)])]);
  const apart = [low, high].map((each) => graph.node('Unsqueeze', [each, graph.int64s([-1])]));
  return graph.node('Reshape', [graph.node('Concat', apart, { axis: -1 }), graph.int64s(shape)]);
}

/** Rows of the matrix by index [1, N] → [1, N, columns], under the name `output`. */
export function lookUpFourBit(
  graph: GraphBuilder,
  indices: string,
  { values, scales, zeros, columns, offsets }: StoredFourBit,
  output: string,
): void {
  const gather = (constant: string) => graph.node('Gather', [constant, indices], { axis: 0 });
  const cut = (whole: string, from: number, end: number, axis: number) =>
    graph.node('Slice', [whole, graph.int64s([from]), graph.int64s([end]), graph.int64s([axis])]);
  const own = columns / FOUR_BIT_BLOCK;
  const blocks = blocksOfRow(columns, offsets);
  const quants = halves(graph, gather(values), [0, 0, blocks, FOUR_BIT_BLOCK]);
  const padded = Math.ceil(blocks / 2) * 2;
  const zero =
    zeros === undefined ? graph.float(8) : cut(halves(graph, gather(zeros), [0, 0, padded, 1]), 0, blocks, 2);
  const steps = graph.node('Unsqueeze', [gather(scales), graph.int64s([3])]);
  const scaled = graph.node('Mul', [graph.node('Sub', [quants, zero]), steps]);
  const shape = graph.int64s([0, -1, columns]);
  if (!offsets) {
    graph.node('Reshape', [scaled, shape], {}, { output });
    return;
  }
  const digits = graph.node('Reshape', [
    cut(scaled, own, blocks, 2),
    graph.int64s([0, 0, (blocks - own) * FOUR_BIT_BLOCK, 1]),
  ]);
  const ones = graph.node('Mul', [cut(digits, own, 2 * own, 2), graph.float(1 / 16)]);
  const offset = graph.node('Add', [cut(digits, 0, own, 2), ones]);
  const whole = graph.node('Add', [cut(scaled, 0, own, 2), offset]);
  graph.node('Reshape', [whole, shape], {}, { output });
}
