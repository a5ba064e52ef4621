import { blockBytes, blockElements, type TensorType } from './tensor-type.js';

/** IEEE half precision to a number. */
function half(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

const HALF = Float32Array.from({ length: 65_536 }, (_, bits) => half(bits));

/** Bytes at `at` of a tensor, and where its numbers go. */
type Block = (bytes: Uint8Array, at: number, out: Float32Array, to: number) => void;

const byte = (bytes: Uint8Array, at: number): number => bytes[at] ?? 0;
const f16 = (bytes: Uint8Array, at: number): number =>
  HALF[byte(bytes, at) | (byte(bytes, at + 1) << 8)] ?? 0;

/** Four-bit halves of 16 bytes: low ones first. */
function nibbles(bytes: Uint8Array, at: number, put: (index: number, value: number) => void): void {
  for (let index = 0; index < 16; index++) {
    const pair = byte(bytes, at + index);
    put(index, pair & 15);
    put(index + 16, pair >> 4);
  }
}

const q4_0: Block = (bytes, at, out, to) => {
  const scale = f16(bytes, at);
  nibbles(bytes, at + 2, (index, value) => (out[to + index] = scale * (value - 8)));
};

const q4_1: Block = (bytes, at, out, to) => {
  const scale = f16(bytes, at);
  const least = f16(bytes, at + 2);
  nibbles(bytes, at + 4, (index, value) => (out[to + index] = Math.fround(scale * value) + least));
};

const fifthBit = (bytes: Uint8Array, at: number, index: number): number =>
  ((byte(bytes, at + (index >> 3)) >> (index & 7)) & 1) << 4;

const q5_0: Block = (bytes, at, out, to) => {
  const scale = f16(bytes, at);
  nibbles(
    bytes,
    at + 6,
    (index, value) => (out[to + index] = scale * ((value | fifthBit(bytes, at + 2, index)) - 16)),
  );
};

const q5_1: Block = (bytes, at, out, to) => {
  const scale = f16(bytes, at);
  const least = f16(bytes, at + 2);
  nibbles(bytes, at + 8, (index, value) => {
    out[to + index] = Math.fround(scale * (value | fifthBit(bytes, at + 4, index))) + least;
  });
};

const q8_0: Block = (bytes, at, out, to) => {
  const scale = f16(bytes, at);
  for (let index = 0; index < 32; index++)
    out[to + index] = scale * ((byte(bytes, at + 2 + index) << 24) >> 24);
};

/** Six-bit scale and minimum of one of eight sub-blocks, packed in twelve bytes. */
function scaleAndMinimum(bytes: Uint8Array, at: number, group: number): [scale: number, minimum: number] {
  if (group < 4) return [byte(bytes, at + group) & 63, byte(bytes, at + group + 4) & 63];
  const low = byte(bytes, at + group + 4);
  return [
    (low & 15) | ((byte(bytes, at + group - 4) >> 6) << 4),
    (low >> 4) | ((byte(bytes, at + group) >> 6) << 4),
  ];
}

/** Q4_K and Q5_K: eight sub-blocks of 32; `fifth` is where the fifth bits lie, if there are any. */
const kBlock =
  (low: number, fifth: number | undefined): Block =>
  (bytes, at, out, to) => {
    const scale = f16(bytes, at);
    const least = f16(bytes, at + 2);
    for (let group = 0; group < 8; group++) {
      const [times, minus] = scaleAndMinimum(bytes, at + 4, group);
      const step = Math.fround(scale * times);
      const floor = Math.fround(least * minus);
      for (let index = 0; index < 32; index++) {
        const pair = byte(bytes, at + low + (group >> 1) * 32 + index);
        const high = fifth === undefined ? 0 : ((byte(bytes, at + fifth + index) >> group) & 1) << 4;
        out[to + group * 32 + index] =
          Math.fround(step * ((group & 1 ? pair >> 4 : pair & 15) | high)) - floor;
      }
    }
  };

const q6_k: Block = (bytes, at, out, to) => {
  const scale = f16(bytes, at + 208);
  for (let index = 0; index < 256; index++) {
    const part = index >> 7;
    const within = index & 127;
    const quarter = within >> 5;
    const pair = byte(bytes, at + part * 64 + (within & 63));
    const low = quarter < 2 ? pair & 15 : pair >> 4;
    const high = (byte(bytes, at + 128 + part * 32 + (within & 31)) >> (quarter * 2)) & 3;
    const times = (byte(bytes, at + 192 + (index >> 4)) << 24) >> 24;
    out[to + index] = Math.fround(scale * times) * ((low | (high << 4)) - 32);
  }
};

const BLOCKS: Partial<Record<TensorType, Block>> = {
  F16: (bytes, at, out, to) => (out[to] = f16(bytes, at)),
  Q4_0: q4_0,
  Q4_1: q4_1,
  Q5_0: q5_0,
  Q5_1: q5_1,
  Q8_0: q8_0,
  Q4_K: kBlock(16, undefined),
  Q5_K: kBlock(48, 16),
  Q6_K: q6_k,
};

/** Whether {@link dequantize} knows a type. */
export function isFloatType(type: TensorType): boolean {
  return type in BLOCKS || type === 'F32' || type === 'F64' || type === 'BF16';
}

/** The numbers of a tensor as float32; block formats as ggml defines them. `bytes` must be whole blocks. */
export function dequantize(type: TensorType, bytes: Uint8Array): Float32Array {
  const copy = () => bytes.slice().buffer;
  if (type === 'F32') return new Float32Array(copy());
  if (type === 'F64') return Float32Array.from(new Float64Array(copy()));
  if (type === 'BF16')
    return new Float32Array(Uint32Array.from(new Uint16Array(copy()), (bits) => bits << 16).buffer);
  const block = BLOCKS[type];
  if (block === undefined) throw new RangeError(`${type} is not a floating-point type.`);
  const blocks = bytes.length / blockBytes(type);
  const out = new Float32Array(blocks * blockElements(type));
  for (let index = 0; index < blocks; index++)
    block(bytes, index * blockBytes(type), out, index * blockElements(type));
  return out;
}
