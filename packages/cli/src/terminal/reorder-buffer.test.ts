import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createReorderBuffer } from './reorder-buffer.js';

it('gives every item out once, in order, as soon as those before it are there', () => {
  const orders = fc.integer({ min: 1, max: 30 }).chain((size) => {
    const indices = Array.from({ length: size }, (_, i) => i);
    return fc.shuffledSubarray(indices, { minLength: size, maxLength: size });
  });
  fc.assert(
    fc.property(orders, (order) => {
      const inOrder = createReorderBuffer<number>();
      const out: number[] = [];
      order.forEach((index, step) => {
        out.push(...inOrder(index, index * 10));
        const come = new Set(order.slice(0, step + 1));
        const ready = order.map((_, i) => i).findIndex((i) => !come.has(i));
        expect(out.length).toBe(ready === -1 ? order.length : ready);
      });
      expect(out).toEqual(order.map((_, i) => i * 10));
    }),
  );
});
