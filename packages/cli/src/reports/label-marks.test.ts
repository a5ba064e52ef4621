import fc from 'fast-check';
import { expect, it } from 'vitest';
import { spreadLabels } from './label-marks.js';

it('leaves labels where they are that lie on no other', () => {
  expect(
    spreadLabels([
      { from: 0, to: 10, y: 5 },
      { from: 20, to: 30, y: 5 },
      { from: 0, to: 10, y: 20 },
    ]),
  ).toEqual([5, 5, 20]);
});

it('lets no label lie on another', () => {
  const label = fc
    .record({ from: fc.nat(300), y: fc.nat(200) })
    .map(({ from, y }) => ({ from, to: from + 60, y }));
  fc.assert(
    fc.property(fc.array(label, { maxLength: 12 }), (labels) => {
      const places = spreadLabels(labels);
      labels.forEach((a, i) =>
        labels.slice(0, i).forEach((b, j) => {
          if (a.from < b.to && b.from < a.to)
            expect(Math.abs(places[i] - places[j])).toBeGreaterThanOrEqual(12);
        }),
      );
    }),
  );
});
