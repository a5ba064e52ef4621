import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { QUANTIZED_BLOCK, quantize8 } from './quantize.js';

describe('eight-bit blocks', () => {
  it('are within half a step of every number, and use the whole range', () => {
    const block = fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 64, maxLength: 64 });
    fc.assert(
      fc.property(block, (numbers) => {
        const data = Float32Array.from(numbers);
        const { values, scales } = quantize8(data);
        data.forEach((number, index) => {
          const scale = scales[Math.floor(index / QUANTIZED_BLOCK)] ?? 0;
          const back = scale * ((values[index] ?? 0) - 128);
          expect(Math.abs(back - number)).toBeLessThanOrEqual(scale * 0.5001);
        });
      }),
    );
  });

  it('give back what was in eight-bit blocks before', () => {
    const data = Float32Array.from(
      { length: QUANTIZED_BLOCK },
      (_, index) => 0.5 * (index === 0 ? 127 : index - 16),
    );
    const { values, scales } = quantize8(data);
    expect(scales[0]).toBe(0.5);
    expect([...values].map((value) => 0.5 * (value - 128))).toEqual([...data]);
  });
});
