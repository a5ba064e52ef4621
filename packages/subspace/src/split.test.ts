import fc from 'fast-check';
import { expect, test } from 'vitest';
import { splitByGroup } from './split.js';

const rows = fc.array(fc.record({ group: fc.string({ maxLength: 2 }) }), { maxLength: 50 });

test('every row is on one side, in order, and no group is torn', () => {
  fc.assert(
    fc.property(rows, fc.double({ min: 0.01, max: 0.99, noNaN: true }), fc.nat(), (items, share, seed) => {
      const { fitting, heldOut } = splitByGroup(items, share, seed);
      const out = new Set(heldOut.map(({ group }) => group));
      expect(items.filter(({ group }) => out.has(group))).toEqual(heldOut);
      expect(items.filter(({ group }) => !out.has(group))).toEqual(fitting);
    }),
  );
});

test('a group stays on its side when rows are added', () => {
  fc.assert(
    fc.property(rows, rows, fc.nat(), (before, more, seed) => {
      const some = new Set(splitByGroup(before, 0.3, seed).heldOut.map(({ group }) => group));
      const all = new Set(splitByGroup([...more, ...before], 0.3, seed).heldOut.map(({ group }) => group));
      for (const { group } of before) expect(all.has(group)).toBe(some.has(group));
    }),
  );
});

test('holds out the share that is asked for, another one for another seed', () => {
  const many = Array.from({ length: 10_000 }, (_, i) => ({ group: String(i) }));
  const groupsOut = (seed: number) => splitByGroup(many, 0.2, seed).heldOut.map(({ group }) => group);
  // Four standard deviations of a binomial.
  expect(Math.abs(groupsOut(1).length - 2000)).toBeLessThan(160);
  const other = new Set(groupsOut(2));
  // Independent splits share a fifth of it.
  expect(Math.abs(groupsOut(1).filter((group) => other.has(group)).length - 400)).toBeLessThan(80);
});
