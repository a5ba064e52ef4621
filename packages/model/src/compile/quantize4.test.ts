import fc from 'fast-check';
import { expect, it } from 'vitest';
import { FOUR_BIT_BLOCK } from '../four-bit.js';
import { quantize4 } from './quantize4.js';

it('rounds to four bits, no number by more than its scale, and the farthest one not at all', () => {
  const block = fc.array(fc.float({ min: -8, max: 8, noNaN: true }), {
    minLength: FOUR_BIT_BLOCK,
    maxLength: FOUR_BIT_BLOCK,
  });
  fc.assert(
    fc.property(fc.array(block, { minLength: 1, maxLength: 3 }), (blocks) => {
      const data = Float32Array.from(blocks.flat());
      const { values, scales } = quantize4(data);
      expect([values.length, scales.length]).toEqual([data.length / 2, blocks.length]);
      blocks.forEach((numbers, index) => {
        const scale = scales[index] ?? 0;
        const found = numbers.map((_, at) => {
          const place = index * FOUR_BIT_BLOCK + at;
          const quant = ((values[place >> 1] ?? 0) >> (4 * (place & 1))) & 15;
          return scale * (quant - 8);
        });
        const far = numbers.reduce((most, each) => (Math.abs(each) > Math.abs(most) ? each : most), 0);
        numbers.forEach((each, at) => {
          expect(Math.abs((found[at] ?? NaN) - each)).toBeLessThanOrEqual(Math.abs(scale) * 1.0001);
        });
        // Numbers that are too small for eight steps each are none.
        if (Math.abs(far) > 1e-30) expect(found[numbers.indexOf(far)]).toBeCloseTo(far, 5);
      });
    }),
  );
});
