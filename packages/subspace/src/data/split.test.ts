import fc from 'fast-check';
import { expect, test } from 'vitest';
import { foldOf, isHeldOut } from './split.js';

const MANY = Array.from({ length: 10_000 }, (_, i) => String(i));

test('a group is always on the same side, and no other group has a say', () => {
  fc.assert(
    fc.property(fc.string(), fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(), (group, share, seed) => {
      expect(isHeldOut(group, share, seed)).toBe(isHeldOut(group, share, seed));
      expect(isHeldOut(group, 0, seed)).toBe(false);
      expect(isHeldOut(group, 1, seed)).toBe(true);
    }),
  );
});

test('holds out the share that is asked for, another one for another seed', () => {
  const groupsOut = (seed: number) => MANY.filter((group) => isHeldOut(group, 0.2, seed));
  // Four standard deviations of a binomial.
  expect(Math.abs(groupsOut(1).length - 2000)).toBeLessThan(160);
  const other = new Set(groupsOut(2));
  // Independent splits share a fifth of it.
  expect(Math.abs(groupsOut(1).filter((group) => other.has(group)).length - 400)).toBeLessThan(80);
});

test('folds are of equal size, also among the groups held out', () => {
  for (const groups of [MANY, MANY.filter((group) => isHeldOut(group, 0.5, 3))]) {
    for (const fold of [0, 1, 2, 3]) {
      const share = groups.filter((group) => foldOf(group, 4, 3) === fold).length / groups.length;
      expect(Math.abs(share - 0.25)).toBeLessThan(0.03);
    }
  }
});
