import { subMinimum, subScale } from './four-bit.js';
import { half } from './half.js';
import { blockBytes, blockElements, type TensorType } from './tensor-type.js';

/**
 * Writes the numbers of the block that begins at `at` to `out`, from `to` on. Scales have eleven bits and
 * quants at most eight, so all products here are exact in float32, and only the last step rounds: as in ggml.
 */
type Block = (bytes: Uint8Array, at: number, out: Float32Array, to: number) => void;

const f16 = (bytes: Uint8Array, at: number): number => half(bytes[at] | (bytes[at + 1] << 8));
const i8 = (bytes: Uint8Array, at: number): number => (bytes[at] << 24) >> 24;
const u32 = (bytes: Uint8Array, at: number): number =>
  bytes[at] | (bytes[at + 1] << 8) | (bytes[at + 2] << 16) | (bytes[at + 3] << 24);

/** Where the parts of a block of 32 lie; scales come first. Formats without a minimum are centred instead. */
interface Parts {
  readonly minimum?: number;
  readonly fifthBits?: number;
  readonly nibbles: number;
  readonly centre: number;
}

/**
 * Q4_0, Q4_1, Q5_0 and Q5_1: scale · (quant − centre) + minimum. The low halves of the bytes are the first
 * sixteen quants.
 */
const smallBlock =
  ({ minimum, fifthBits, nibbles, centre }: Parts): Block =>
  (bytes, at, out, to) => {
    const scale = f16(bytes, at);
    // Adding −0 changes no number, not even a zero's sign.
    const least = minimum === undefined ? -0 : f16(bytes, at + minimum);
    const fifth = fifthBits === undefined ? 0 : u32(bytes, at + fifthBits);
    for (let index = 0; index < 16; index++) {
      const pair = bytes[at + nibbles + index];
      const first = (pair & 15) | (((fifth >> index) & 1) << 4);
      const second = (pair >> 4) | (((fifth >> (index + 16)) & 1) << 4);
      out[to + index] = scale * (first - centre) + least;
      out[to + index + 16] = scale * (second - centre) + least;
    }
  };

const q8_0: Block = (bytes, at, out, to) => {
  const scale = f16(bytes, at);
  for (let index = 0; index < 32; index++) out[to + index] = scale * i8(bytes, at + 2 + index);
};

/** Q4_K: eight sub-blocks of 32; the low halves of the bytes are one of them, and the high halves the next. */
const q4_k: Block = (bytes, at, out, to) => {
  const scale = f16(bytes, at);
  const least = f16(bytes, at + 2);
  for (let pair = 0; pair < 4; pair++) {
    const lowStep = scale * subScale(bytes, at + 4, 2 * pair);
    const lowFloor = least * subMinimum(bytes, at + 4, 2 * pair);
    const highStep = scale * subScale(bytes, at + 4, 2 * pair + 1);
    const highFloor = least * subMinimum(bytes, at + 4, 2 * pair + 1);
    const from = at + 16 + pair * 32;
    const low = to + pair * 64;
    const high = low + 32;
    for (let index = 0; index < 32; index++) {
      const both = bytes[from + index];
      out[low + index] = lowStep * (both & 15) - lowFloor;
      out[high + index] = highStep * (both >> 4) - highFloor;
    }
  }
};

/** Q5_K: as Q4_K, with the fifth bits of all sub-blocks in front. */
const q5_k: Block = (bytes, at, out, to) => {
  const scale = f16(bytes, at);
  const least = f16(bytes, at + 2);
  for (let group = 0; group < 8; group++) {
    const step = scale * subScale(bytes, at + 4, group);
    const floor = least * subMinimum(bytes, at + 4, group);
    const from = at + 48 + (group >> 1) * 32;
    const shift = (group & 1) * 4;
    for (let index = 0; index < 32; index++) {
      const high = ((bytes[at + 16 + index] >> group) & 1) << 4;
      const quant = ((bytes[from + index] >> shift) & 15) | high;
      out[to + group * 32 + index] = step * quant - floor;
    }
  }
};

/**
 * Q6_K: sixteen sub-blocks of 16, each of one scale. Their low four bits and high two bits lie apart; a byte of the high ones
 * belongs to four numbers, 32 from each other.
 */
const q6_k: Block = (bytes, at, out, to) => {
  const scale = f16(bytes, at + 208);
  for (let eighth = 0; eighth < 4; eighth++) {
    const half = eighth >> 1;
    const first = (eighth & 1) * 16;
    const scales = at + 192 + half * 8 + (eighth & 1);
    const step0 = scale * i8(bytes, scales);
    const step1 = scale * i8(bytes, scales + 2);
    const step2 = scale * i8(bytes, scales + 4);
    const step3 = scale * i8(bytes, scales + 6);
    const low = at + half * 64 + first;
    const high = at + 128 + half * 32 + first;
    const place = to + half * 128 + first;
    for (let index = 0; index < 16; index++) {
      const a = bytes[low + index];
      const b = bytes[low + 32 + index];
      const two = bytes[high + index];
      out[place + index] = step0 * (((a & 15) | ((two & 3) << 4)) - 32);
      out[place + 32 + index] = step1 * (((b & 15) | ((two & 12) << 2)) - 32);
      out[place + 64 + index] = step2 * (((a >> 4) | (two & 48)) - 32);
      out[place + 96 + index] = step3 * (((b >> 4) | ((two & 192) >> 2)) - 32);
    }
  }
};

/** Q2_K: sixteen sub-blocks of 16, each with four bits of scale and four of minimum. */
const q2_k: Block = (bytes, at, out, to) => {
  const scale = f16(bytes, at + 80);
  const least = f16(bytes, at + 82);
  for (let group = 0; group < 16; group++) {
    const step = scale * (bytes[at + group] & 15);
    const floor = least * (bytes[at + group] >> 4);
    const from = at + 16 + (group >> 3) * 32 + (group & 1) * 16;
    const shift = ((group >> 1) & 3) * 2;
    for (let index = 0; index < 16; index++)
      out[to + group * 16 + index] = step * ((bytes[from + index] >> shift) & 3) - floor;
  }
};

/** Six-bit scale of one of the sixteen sub-blocks of Q3_K: low four bits in eight bytes, high two in four. */
function q3Scale(bytes: Uint8Array, at: number, group: number): number {
  const low = (bytes[at + (group & 7)] >> (group & 8 ? 4 : 0)) & 15;
  const high = (bytes[at + 8 + (group & 3)] >> ((group >> 2) * 2)) & 3;
  return (low | (high << 4)) - 32;
}

/** Q3_K: sixteen sub-blocks of 16. The third bits lie apart, and are set where nothing is taken away. */
const q3_k: Block = (bytes, at, out, to) => {
  const scale = f16(bytes, at + 108);
  for (let group = 0; group < 16; group++) {
    const step = scale * q3Scale(bytes, at + 96, group);
    const half = (group & 1) * 16;
    const from = at + 32 + (group >> 3) * 32 + half;
    const shift = ((group >> 1) & 3) * 2;
    for (let index = 0; index < 16; index++) {
      const low = (bytes[from + index] >> shift) & 3;
      const third = (bytes[at + half + index] >> (group >> 1)) & 1;
      out[to + group * 16 + index] = step * (low - (third === 0 ? 4 : 0));
    }
  }
};

/** The sixteen levels of ggml's non-linear quants, closer to each other around zero. */
const NON_LINEAR = [-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113];

/** The sixteen numbers of four bits of the Microscaling formats (OCP MX 1.0, E2M1), doubled. */
const E2M1 = [0, 1, 2, 3, 4, 6, 8, 12, 0, -1, -2, -3, -4, -6, -8, -12];

/** Thirty-two quants of four bits that name levels; the low halves of the bytes come first. */
function writeLevels(
  { levels, step }: { readonly levels: readonly number[]; readonly step: number },
  bytes: Uint8Array,
  from: number,
  out: Float32Array,
  to: number,
): void {
  for (let index = 0; index < 16; index++) {
    const pair = bytes[from + index];
    out[to + index] = step * levels[pair & 15];
    out[to + index + 16] = step * levels[pair >> 4];
  }
}

const iq4_nl: Block = (bytes, at, out, to) =>
  writeLevels({ levels: NON_LINEAR, step: f16(bytes, at) }, bytes, at + 2, out, to);

/** IQ4_XS: eight sub-blocks of 32, each with a six-bit scale: low four bits in four bytes, high two in two. */
const iq4_xs: Block = (bytes, at, out, to) => {
  const scale = f16(bytes, at);
  const highs = bytes[at + 2] | (bytes[at + 3] << 8);
  for (let group = 0; group < 8; group++) {
    const low = (bytes[at + 4 + (group >> 1)] >> ((group & 1) * 4)) & 15;
    const step = scale * ((low | (((highs >> (group * 2)) & 3) << 4)) - 32);
    writeLevels({ levels: NON_LINEAR, step }, bytes, at + 8 + group * 16, out, to + group * 32);
  }
};

/** MXFP4: a power of two for 32 numbers; half of it, because {@link E2M1} is doubled. */
const mxfp4: Block = (bytes, at, out, to) =>
  writeLevels({ levels: E2M1, step: 2 ** (bytes[at] - 128) }, bytes, at + 1, out, to);

const BLOCKS: Partial<Record<TensorType, Block>> = {
  Q4_0: smallBlock({ nibbles: 2, centre: 8 }),
  Q4_1: smallBlock({ minimum: 2, nibbles: 4, centre: 0 }),
  Q5_0: smallBlock({ fifthBits: 2, nibbles: 6, centre: 16 }),
  Q5_1: smallBlock({ minimum: 2, fifthBits: 4, nibbles: 8, centre: 0 }),
  Q8_0: q8_0,
  Q2_K: q2_k,
  Q3_K: q3_k,
  Q4_K: q4_k,
  Q5_K: q5_k,
  Q6_K: q6_k,
  IQ4_NL: iq4_nl,
  IQ4_XS: iq4_xs,
  MXFP4: mxfp4,
};

/** Whether {@link dequantize} knows a type. */
export function isFloatType(type: TensorType): boolean {
  return type in BLOCKS || type === 'F32' || type === 'F64' || type === 'F16' || type === 'BF16';
}

function fromF16(bytes: Uint8Array): Float32Array {
  const numbers = new Float32Array(bytes.length / 2);
  for (let index = 0; index < numbers.length; index++) numbers[index] = f16(bytes, 2 * index);
  return numbers;
}

/** The upper halves of float32 numbers. */
function fromBF16(bytes: Uint8Array): Float32Array {
  const words = new Uint32Array(bytes.length / 2);
  for (let index = 0; index < words.length; index++)
    words[index] = (bytes[2 * index] << 16) | (bytes[2 * index + 1] << 24);
  return new Float32Array(words.buffer);
}

/** The numbers of a tensor as float32; block formats as ggml defines them. `bytes` must be whole blocks. */
export function dequantize(type: TensorType, bytes: Uint8Array): Float32Array {
  // `bytes` may begin anywhere in its buffer, and the slice of a Node Buffer is no copy.
  if (type === 'F32') return new Float32Array(new Uint8Array(bytes).buffer);
  if (type === 'F64') return Float32Array.from(new Float64Array(new Uint8Array(bytes).buffer));
  if (type === 'F16') return fromF16(bytes);
  if (type === 'BF16') return fromBF16(bytes);
  const block = BLOCKS[type];
  if (block === undefined) throw new RangeError(`${type} is not a floating-point type.`);
  const blocks = bytes.length / blockBytes(type);
  const out = new Float32Array(blocks * blockElements(type));
  for (let index = 0; index < blocks; index++)
    block(bytes, index * blockBytes(type), out, index * blockElements(type));
  return out;
}
