import { FOUR_BIT_BLOCK, type FourBitMatrix } from '../four-bit.js';

/** Bytes of the quants of a block. */
const BLOCK_BYTES = FOUR_BIT_BLOCK / 2;

/** What a quant means that stands for zero, where no other is given. */
const CENTRE = 8;

/** An offset is a whole number of steps, two digits of base 16, each from −8 to 7. */
const LARGEST_OFFSET = 7 * 16 + 7;

/**
 * A four-bit matrix as ONNX Runtime multiplies it: weight = scale · (quant − zero), the zeros whole. What the minima of the file
 * have besides, an offset of less than a step a block, stands in columns of its own, which are for the sums of blocks of the
 * input: first the sixteens of all blocks, and then the ones.
 */
export interface CentredBlocks {
  /** [rows, blocks, 16] */
  readonly values: Uint8Array;
  /** [rows, blocks] */
  readonly scales: Float32Array;
  /** [rows, blocks] in halves of bytes. */
  readonly zeros: Uint8Array;
}

/** Columns of the input of a product: those of the matrix, and twice its blocks where there are offsets. */
export function inputColumns(columns: number, offsets: boolean): number {
  return offsets ? columns + (2 * columns) / FOUR_BIT_BLOCK : columns;
}

function setHalf(bytes: Uint8Array, at: number, value: number): void {
  const shift = (at & 1) * 4;
  bytes[at >> 1] = (bytes[at >> 1] & ~(15 << shift)) | (value << shift);
}

/** The whole zero next to where the grid of a block crosses zero, and what the minimum has besides. */
function centreOf(scale: number, minimum: number): { zero: number; offset: number } {
  const zero = scale === 0 ? CENTRE : Math.min(15, Math.max(0, Math.round(-minimum / scale)));
  return { zero, offset: minimum + zero * scale };
}

/** Numbers of a row of blocks: their zeros, and their offsets. */
function centreAll({ scales, minima }: FourBitMatrix): { zeros: Uint8Array; offsets: Float64Array } {
  const zeros = new Uint8Array(scales.length);
  const offsets = new Float64Array(scales.length);
  for (let block = 0; block < scales.length; block++) {
    const { zero, offset } = centreOf(scales[block], minima[block]);
    zeros[block] = zero;
    // Products of scales and zeros that are float32 themselves leave their last bit.
    offsets[block] = Math.abs(offset) > 2 ** -20 * Math.abs(minima[block]) ? offset : 0;
  }
  return { zeros, offsets };
}

/** Steps in which the offsets of each row are written, [rows], 0 for a row without any. */
function stepsOf(offsets: Float64Array, rows: number): Float32Array {
  const blocks = offsets.length / rows;
  return Float32Array.from({ length: rows }, (_, row) => {
    let largest = 0;
    for (let block = row * blocks; block < (row + 1) * blocks; block++)
      largest = Math.max(largest, Math.abs(offsets[block]));
    return largest / LARGEST_OFFSET;
  });
}

const digitsOf = (offset: number, step: number) => (step === 0 ? 0 : Math.round(offset / step));

/** Blocks of a row that is multiplied, those of the offsets included. */
export function blocksOfRow(columns: number, offsets: boolean): number {
  return Math.ceil(inputColumns(columns, offsets) / FOUR_BIT_BLOCK);
}

/**
 * Writes a four-bit matrix as it is multiplied. Its quants and scales stay as they are; an offset is written to 1/240 of the
 * largest of its row, which is half a step of its block where the grid of a block crosses zero.
 *
 * @param hasOffsets - Whether to write them.
 */
export function centreBlocks(matrix: FourBitMatrix, hasOffsets: boolean): CentredBlocks {
  const { rows, columns, quants, scales } = matrix;
  const { zeros, offsets } = centreAll(matrix);
  const steps = stepsOf(offsets, rows);
  const own = columns / FOUR_BIT_BLOCK;
  const blocks = blocksOfRow(columns, hasOffsets);
  const zeroBytes = Math.ceil(blocks / 2);
  const found = {
    values: new Uint8Array(rows * blocks * BLOCK_BYTES).fill(CENTRE | (CENTRE << 4)),
    scales: new Float32Array(rows * blocks),
    zeros: new Uint8Array(rows * zeroBytes).fill(CENTRE | (CENTRE << 4)),
  };
  for (let row = 0; row < rows; row++) {
    const from = row * own;
    const start = row * blocks;
    found.values.set(quants.subarray(from * BLOCK_BYTES, (from + own) * BLOCK_BYTES), start * BLOCK_BYTES);
    found.scales.set(scales.subarray(from, from + own), start);
    found.scales.fill(steps[row] * 16, start + own, start + blocks);
    for (let block = 0; block < own; block++) {
      setHalf(found.zeros, row * zeroBytes * 2 + block, zeros[from + block]);
      if (!hasOffsets) continue;
      const digits = digitsOf(offsets[from + block], steps[row]);
      const sixteens = (digits + 8) >> 4;
      const at = start * FOUR_BIT_BLOCK + columns + block;
      setHalf(found.values, at, sixteens + CENTRE);
      setHalf(found.values, at + own, digits - sixteens * 16 + CENTRE);
    }
  }
  return found;
}
