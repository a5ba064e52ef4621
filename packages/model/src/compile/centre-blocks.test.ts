import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { FourBitMatrix } from '../four-bit.js';
import { blocksOfRow, centreBlocks, inputColumns } from './centre-blocks.js';

const half = (bytes: Uint8Array, at: number) => (bytes[at >> 1] >> ((at & 1) * 4)) & 15;

/** What the product with an input is, as ONNX Runtime defines it, without rounding. */
function multiply(matrix: FourBitMatrix, input: readonly number[], offsets: boolean): number[] {
  const { rows, columns } = matrix;
  const blocks = blocksOfRow(columns, offsets);
  const { values, scales, zeros } = centreBlocks(matrix, offsets);
  expect(values).toHaveLength(rows * blocks * 16);
  const sums = Array.from({ length: columns / 32 }, (_, block) =>
    input.slice(block * 32, (block + 1) * 32).reduce((a, b) => a + b, 0),
  );
  const whole = offsets ? [...input, ...sums, ...sums.map((sum) => sum / 16)] : input;
  expect(whole).toHaveLength(inputColumns(columns, offsets));
  return Array.from({ length: rows }, (_, row) =>
    whole.reduce((sum, number, column) => {
      const block = Math.floor(column / 32);
      const zero = half(zeros, row * Math.ceil(blocks / 2) * 2 + block);
      return sum + number * scales[row * blocks + block] * (half(values, row * blocks * 32 + column) - zero);
    }, 0),
  );
}

/** The product with the weights of the file. */
function reference(
  { rows, columns, quants, scales, minima }: FourBitMatrix,
  input: readonly number[],
): number[] {
  return Array.from({ length: rows }, (_, row) =>
    input.reduce((sum, number, column) => {
      const at = row * columns + column;
      return sum + number * (scales[at >> 5] * half(quants, at) + minima[at >> 5]);
    }, 0),
  );
}

function matrixOf(
  rows: number,
  columns: number,
  minimum: (scale: number, block: number) => number,
): FourBitMatrix {
  const blocks = (rows * columns) / 32;
  const scales = Float32Array.from({ length: blocks }, (_, block) => 0.01 * (1 + Math.abs(Math.sin(block))));
  return {
    rows,
    columns,
    quants: Uint8Array.from({ length: (rows * columns) / 2 }, (_, at) => (at * 89 + (at >> 3)) & 255),
    scales,
    minima: scales.map(minimum),
  };
}

const input = (columns: number) => Array.from({ length: columns }, (_, at) => Math.cos(at * 1.7));

describe('four-bit blocks as they are multiplied', () => {
  it('need no more than their scales where their minima are eight steps (Q4_0)', () => {
    const matrix = matrixOf(3, 96, (scale) => -8 * scale);
    const found = centreBlocks(matrix, false);
    expect(found.values).toEqual(matrix.quants);
    expect(found.zeros.every((pair) => pair === 0x88)).toBe(true);
    const product = reference(matrix, input(96));
    multiply(matrix, input(96), false).forEach((each, row) => expect(each).toBeCloseTo(product[row], 6));
  });

  it('need whole zeros where their minima are whole steps (GPTQ, AWQ)', () => {
    const matrix = matrixOf(3, 160, (scale, block) => -(block % 16) * scale);
    const product = reference(matrix, input(160));
    multiply(matrix, input(160), false).forEach((each, row) => expect(each).toBeCloseTo(product[row], 6));
  });

  it('keep any minima to a hundredth of a step (Q4_1, Q4_K)', () => {
    const zeros = fc.array(fc.double({ min: 0, max: 15, noNaN: true }), { minLength: 1, maxLength: 60 });
    fc.assert(
      fc.property(zeros, (steps) => {
        const columns = steps.length * 32;
        const matrix = matrixOf(2, columns, (scale, block) => -scale * steps[block % steps.length]);
        // Of a block, all offsets are the same: its sum shows by how much they are off.
        const ones = Array.from({ length: columns }, (_, at) => (at < 32 ? 1 : 0));
        const product = reference(matrix, ones);
        multiply(matrix, ones, true).forEach((each, row) =>
          expect(Math.abs(each - product[row])).toBeLessThan(32 * 0.01 * 0.02),
        );
      }),
    );
  });

  it('keep minima that lie far from their grids, and blocks without a grid, to a hundredth', () => {
    const far = matrixOf(2, 64, (_, block) => (block % 2 === 0 ? 0.3 : -0.9));
    const flat = { ...far, scales: new Float32Array(4) };
    for (const matrix of [far, flat]) {
      const product = reference(matrix, input(64));
      multiply(matrix, input(64), true).forEach((each, row) =>
        expect(Math.abs(each - product[row])).toBeLessThan(0.9 * 0.01 * 5),
      );
    }
    const nothing = { ...flat, minima: new Float32Array(4) };
    expect(multiply(nothing, input(64), true).map(Math.abs)).toEqual([0, 0]);
  });
});
