import { tinyGguf, tinyTensors } from '../../../model/src/testing/tiny-llama.js';

/** ggml's numbers of the types, and the bytes of their blocks of 32. */
const TYPES = { Q4_0: { type: 2, bytes: 18 }, Q4_1: { type: 3, bytes: 20 } } as const;

/** 2⁻⁴ and −7.3 of them, in half precision. */
const [STEP, LEAST] = [0x2c00, 0xb74d];

/**
 * A GGUF file of the tiny llama with four-bit matrices, and eight-bit ones as before.
 *
 * @param typeOf - The type of a tensor; undefined where it stays as it is.
 */
export function fourBitGguf(typeOf: (name: string) => keyof typeof TYPES | undefined): Buffer {
  const tensors = tinyTensors().map((tensor, index) => {
    const kind = tensor.shape.length < 2 ? undefined : typeOf(tensor.name);
    if (kind === undefined) return tensor;
    const { type, bytes } = TYPES[kind];
    const blocks = tensor.shape.reduce((a, b) => a * b, 1) / 32;
    const data = Buffer.alloc(blocks * bytes);
    for (let block = 0; block < blocks; block++) {
      data.writeUInt16LE(STEP, block * bytes);
      if (kind === 'Q4_1') data.writeUInt16LE(LEAST + ((block * 7) % 13), block * bytes + 2);
      for (let at = bytes - 16; at < bytes; at++)
        data[block * bytes + at] = Math.floor(Math.abs(Math.sin((index + 1) * 1000 + block * 20 + at)) * 256);
    }
    return { ...tensor, type, data };
  });
  return tinyGguf({ tensors });
}
