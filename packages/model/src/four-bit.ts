import { half } from './half.js';

/** Weights that one scale and one minimum are for, in {@link FourBitMatrix}. */
export const FOUR_BIT_BLOCK = 32;

/**
 * A matrix [rows, columns] as its file has it in four bits, in blocks of 32 columns: weight = scale · quant + minimum, the quants
 * 0 to 15.
 */
export interface FourBitMatrix {
  /** How many there are. */
  readonly rows: number;
  /** A multiple of 32. */
  readonly columns: number;
  /** Shape [rows, columns / 2]. Of two neighbours in a row the first is in the low half of a byte. */
  readonly quants: Uint8Array;
  /** Shape [rows, columns / 32]; may be negative. */
  readonly scales: Float32Array;
  /** Shape [rows, columns / 32]. */
  readonly minima: Float32Array;
}

/** What a four-bit tensor needs to be multiplied, besides its quants and scales. */
export interface FourBitForm {
  /** Whether its blocks have zeros of their own: quants from 0 to 15 that stand for zero, next to where it is. */
  readonly zeros: boolean;
  /** Whether its minima are no whole numbers of steps. */
  readonly offsets: boolean;
}

/** The forms of the types that have four bits on an even grid. */
export const FOUR_BIT_FORMS = {
  Q4_0: { zeros: false, offsets: false },
  GPTQ4: { zeros: true, offsets: false },
  AWQ4: { zeros: true, offsets: false },
  Q4_1: { zeros: true, offsets: true },
  Q4_K: { zeros: true, offsets: true },
} as const satisfies Record<string, FourBitForm>;

/** Types of GGUF tensors whose quants are four bits on an even grid. */
export type FourBitType = 'Q4_0' | 'Q4_1' | 'Q4_K';

/** Whether tensors of a type are four bits on an even grid, as {@link readFourBitBlocks} reads them. */
export function isFourBitType(type: string): type is FourBitType {
  return type === 'Q4_0' || type === 'Q4_1' || type === 'Q4_K';
}

/** Joins sixteen quants of low halves and sixteen of high ones, each a byte of `from`, as neighbours. */
function interleave(
  bytes: Uint8Array,
  from: number,
  shift: 0 | 4,
  count: number,
  out: Uint8Array,
  to: number,
): void {
  for (let index = 0; index < count; index += 2)
    out[to + (index >> 1)] =
      ((bytes[from + index] >> shift) & 15) | (((bytes[from + index + 1] >> shift) & 15) << 4);
}

const f16 = (bytes: Uint8Array, at: number): number => half(bytes[at] | (bytes[at + 1] << 8));

/** Six-bit scale of one of eight sub-blocks of a K-block, packed with the minima in twelve bytes. */
export function subScale(bytes: Uint8Array, at: number, group: number): number {
  if (group < 4) return bytes[at + group] & 63;
  return (bytes[at + group + 4] & 15) | ((bytes[at + group - 4] >> 6) << 4);
}

/** Six-bit minimum of a sub-block of a K-block. */
export function subMinimum(bytes: Uint8Array, at: number, group: number): number {
  if (group < 4) return bytes[at + group + 4] & 63;
  return (bytes[at + group + 4] >> 4) | ((bytes[at + group] >> 6) << 4);
}

/** The four-bit blocks of a GGUF tensor of `rows` rows, with nothing rounded. `bytes` must be whole blocks. */
export function readFourBitBlocks(
  type: FourBitType,
  bytes: Uint8Array,
  rows: number,
  columns: number,
): FourBitMatrix {
  const blocks = (rows * columns) / FOUR_BIT_BLOCK;
  const quants = new Uint8Array((rows * columns) / 2);
  const scales = new Float32Array(blocks);
  const minima = new Float32Array(blocks);
  if (type === 'Q4_K') {
    for (let block = 0; block < blocks; block += 8) {
      const at = (block / 8) * 144;
      const [scale, least] = [f16(bytes, at), f16(bytes, at + 2)];
      for (let group = 0; group < 8; group++) {
        scales[block + group] = scale * subScale(bytes, at + 4, group);
        minima[block + group] = -(least * subMinimum(bytes, at + 4, group));
        const from = at + 16 + (group >> 1) * 32;
        interleave(bytes, from, group & 1 ? 4 : 0, 32, quants, (block + group) * 16);
      }
    }
    return { rows, columns, quants, scales, minima };
  }
  const [size, start] = type === 'Q4_0' ? [18, 2] : [20, 4];
  for (let block = 0; block < blocks; block++) {
    const at = block * size;
    const scale = f16(bytes, at);
    scales[block] = scale;
    minima[block] = type === 'Q4_0' ? -8 * scale : f16(bytes, at + 2);
    interleave(bytes, at + start, 0, 16, quants, block * 16);
    interleave(bytes, at + start, 4, 16, quants, block * 16 + 8);
  }
  return { rows, columns, quants, scales, minima };
}
