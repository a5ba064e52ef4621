import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { dequantize } from './dequantize.js';
import { readFourBitBlocks, type FourBitMatrix, type FourBitType } from './four-bit.js';
import { blockBytes } from './tensor-type.js';

interface Row {
  readonly type: FourBitType;
  readonly stored: string;
}

const rows = (
  JSON.parse(readFileSync(new URL('../fixtures/quantised.json', import.meta.url), 'utf8')) as Row[]
).filter(({ type }) => ['Q4_0', 'Q4_1', 'Q4_K'].includes(type));

/** The weights that blocks stand for, rounded to float32 once. */
function weightsOf({ rows: count, columns, quants, scales, minima }: FourBitMatrix): Float32Array {
  return Float32Array.from({ length: count * columns }, (_, at) => {
    const quant = (quants[at >> 1] >> ((at & 1) * 4)) & 15;
    return Math.fround(scales[at >> 5] * quant) + minima[at >> 5];
  });
}

describe('four-bit blocks of GGUF', () => {
  it.each(rows)('of $type are the weights to the last bit', ({ type, stored }) => {
    const bytes = Buffer.from(stored, 'base64');
    const wanted = dequantize(type, bytes);
    // Numbers that are not finite are refused by whoever reads a tensor; a row of each is as good as rows of many.
    const columns = type === 'Q4_K' ? 256 : 32;
    const each = blockBytes(type);
    for (let block = 0; block < bytes.length / each; block++) {
      const own = wanted.subarray(block * columns, (block + 1) * columns);
      if (!own.every(Number.isFinite)) continue;
      const found = readFourBitBlocks(type, bytes.subarray(block * each, (block + 1) * each), 1, columns);
      // −0 and 0 are one number.
      expect([...weightsOf(found)].map((weight) => weight + 0)).toEqual([...own].map((weight) => weight + 0));
    }
    expect(rows).toHaveLength(3);
  });
});
