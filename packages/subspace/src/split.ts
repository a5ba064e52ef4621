import { createHash } from 'node:crypto';

/** Splits rows into those fitted on and those held out. */
export interface Split<T> {
  readonly fitting: T[];
  readonly heldOut: T[];
}

/**
 * Holds out about a share of the groups, chosen by a hash of group and seed. A group falls on the same
 * side whatever other rows there are, so data that grows, or comes in shards, keeps its split.
 */
export function splitByGroup<T extends { readonly group: string }>(
  rows: readonly T[],
  share: number,
  seed: number,
): Split<T> {
  const sides = new Map<string, boolean>();
  const split: Split<T> = { fitting: [], heldOut: [] };
  for (const row of rows) {
    let out = sides.get(row.group);
    if (out === undefined) {
      out = fraction(`${seed}:${row.group}`) < share;
      sides.set(row.group, out);
    }
    (out ? split.heldOut : split.fitting).push(row);
  }
  return split;
}

/** A hash as a number in [0, 1). */
function fraction(text: string): number {
  return createHash('sha256').update(text).digest().readUIntBE(0, 6) / 2 ** 48;
}
