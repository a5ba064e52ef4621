import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { dequantize, isFloatType } from './dequantize.js';
import { blockBytes, blockElements, type TensorType } from './tensor-type.js';

/** Blocks and the numbers that gguf-py makes of them, in base64: fixtures/make-quantised.py. */
interface Row {
  readonly type: TensorType;
  readonly stored: string;
  readonly float32: string;
}

const rows = JSON.parse(
  readFileSync(new URL('../fixtures/quantised.json', import.meta.url), 'utf8'),
) as readonly Row[];

/** All bits, so that −0 differs from 0; every NaN is alike. */
function bits(numbers: Float32Array): number[] {
  const patterns = new Uint32Array(numbers.buffer, numbers.byteOffset, numbers.length);
  return [...patterns].map((pattern, index) => (Number.isNaN(numbers[index]) ? NaN : pattern));
}

describe('dequantising', () => {
  it.each(rows)('$type gives the very float32 numbers of gguf-py', ({ type, stored, float32 }) => {
    const found = dequantize(type, Buffer.from(stored, 'base64'));
    const wanted = Float32Array.from({ length: Buffer.from(float32, 'base64').length / 4 }, (_, index) =>
      Buffer.from(float32, 'base64').readFloatLE(index * 4),
    );
    expect(wanted.length).toBeGreaterThanOrEqual(96);
    expect(bits(found)).toEqual(bits(wanted));
  });

  it('is checked for every format of the fixture', () => {
    const formats = 'F16 BF16 Q4_0 Q4_1 Q5_0 Q5_1 Q8_0 Q4_K Q5_K Q6_K Q2_K Q3_K IQ4_NL IQ4_XS MXFP4'.split(
      ' ',
    );
    expect(rows.map((row) => row.type)).toEqual(formats);
  });

  it('takes F32 as it is and rounds F64, wherever in a buffer they lie', () => {
    const [first, second] = [0.1, -1e-40];
    const bytes = Buffer.alloc(17);
    bytes.writeDoubleLE(first, 1);
    bytes.writeDoubleLE(second, 9);
    expect([...dequantize('F64', bytes.subarray(1))]).toEqual([Math.fround(first), Math.fround(second)]);
    bytes.writeFloatLE(first, 1);
    expect([...dequantize('F32', bytes.subarray(1, 5))]).toEqual([Math.fround(first)]);
  });

  it('takes any bytes, and says what it does not take', () => {
    const format = fc.constantFrom(...rows.map((row) => row.type));
    fc.assert(
      fc.property(format, fc.uint8Array({ minLength: 420, maxLength: 420 }), (type, random) => {
        const blocks = Math.floor(random.length / blockBytes(type));
        const found = dequantize(type, random.subarray(0, blocks * blockBytes(type)));
        expect(found).toHaveLength(blocks * blockElements(type));
      }),
    );
    expect(isFloatType('I8')).toBe(false);
    expect(() => dequantize('I8', new Uint8Array(1))).toThrow(RangeError);
  });
});
