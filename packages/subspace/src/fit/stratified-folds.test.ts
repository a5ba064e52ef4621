import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stratifiedFolds } from './stratified-folds.js';

test('every fold has its share of both sides, and a group is in one of them', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 3, max: 20 }),
      fc.integer({ min: 3, max: 20 }),
      fc.integer({ min: 2, max: 5 }),
      fc.nat(),
      (positives, negatives, folds, seed) => {
        const rows = [1, 0].flatMap((label) =>
          Array.from({ length: label ? positives : negatives }, (_, i) => ({
            label,
            group: `${label} ${i}`,
          })),
        );
        const foldOf = stratifiedFolds(rows, folds, String(seed));
        expect(stratifiedFolds([...rows].reverse(), folds, String(seed))).toEqual(new Map(foldOf));
        for (const label of [0, 1]) {
          const sizes = Array.from(
            { length: folds },
            (_, fold) => rows.filter((row) => row.label === label && foldOf.get(row.group) === fold).length,
          );
          expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
        }
      },
    ),
  );
});

test('another seed divides otherwise', () => {
  const rows = Array.from({ length: 40 }, (_, i) => ({ label: i % 2, group: String(i) }));
  const [one, other] = ['1', '2'].map((seed) =>
    rows.map(({ group }) => stratifiedFolds(rows, 5, seed).get(group)),
  );
  expect(one).not.toEqual(other);
});
