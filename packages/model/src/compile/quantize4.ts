import { FOUR_BIT_BLOCK } from '../four-bit.js';

/**
 * Rounds to four bits, block by block: value ≈ scale · (quant − 8). The number of a block that is farthest from 0 gets the quant 0
 * or is met exactly, as in Q4_0 of ggml: eight steps lie below zero and seven above. Two quants lie in a byte, the first in its
 * low bits.
 */
export function quantize4(data: Float32Array): { values: Uint8Array; scales: Float32Array } {
  const values = new Uint8Array(data.length / 2);
  const scales = new Float32Array(data.length / FOUR_BIT_BLOCK);
  for (let block = 0; block < scales.length; block++) {
    const start = block * FOUR_BIT_BLOCK;
    let farthest = 0;
    for (let index = start; index < start + FOUR_BIT_BLOCK; index++) {
      const value = data[index] ?? 0;
      if (Math.abs(value) > Math.abs(farthest)) farthest = value;
    }
    const scale = Math.fround(farthest / -8);
    const inverse = scale === 0 ? 0 : 1 / scale;
    scales[block] = scale;
    for (let index = start; index < start + FOUR_BIT_BLOCK; index++) {
      const quant = Math.min(15, Math.max(0, Math.round((data[index] ?? 0) * inverse) + 8));
      values[index >> 1] = (values[index >> 1] ?? 0) | (quant << (4 * (index & 1)));
    }
  }
  return { values, scales };
}
