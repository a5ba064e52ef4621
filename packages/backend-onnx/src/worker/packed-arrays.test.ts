import fc from 'fast-check';
import { expect, it } from 'vitest';
import { packArrays, unpackArrays } from './packed-arrays.js';

const numbers = fc.oneof(
  fc.float32Array({ maxLength: 9 }),
  fc.float64Array({ maxLength: 9 }),
  fc.int32Array({ maxLength: 9 }),
);

it('lists of numbers come out of their buffer as they went in, moved to another thread or not', () => {
  fc.assert(
    fc.property(fc.array(numbers, { maxLength: 6 }), (arrays) => {
      const packed = packArrays(arrays);
      const moved = structuredClone(packed, { transfer: [packed.buffer] });
      expect(unpackArrays(moved)).toEqual(arrays);
      expect(packed.buffer.byteLength).toBe(0);
    }),
  );
});

it('are copies: what they were taken from may be used again', () => {
  const states = Float32Array.of(1, 2, 3, 4);
  const [found] = unpackArrays(packArrays([states.subarray(1, 3)]));
  states.fill(0);
  expect(found).toEqual(Float32Array.of(2, 3));
});
