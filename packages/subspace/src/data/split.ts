import { createHash } from 'node:crypto';

/**
 * Whether a group is among about a `share` of all groups that are held out, chosen by a hash of group and
 * seed. It is or is not whatever other groups there are, so data that grows, or comes in shards, keeps its split.
 */
export function isHeldOut(group: string, share: number, seed: number): boolean {
  return hashOf(`${seed}:${group}`) / 2 ** 48 < share;
}

/** One of `folds` parts, numbered from 0, that a group belongs to: independent of whether it is held out. */
export function foldOf(group: string, folds: number, seed: number): number {
  return hashOf(`fold:${seed}:${group}`) % folds;
}

/**
 * A place from 0 to 1 for a group. The groups whose place is below a share make up about that share of all, and
 * are among those of every larger share.
 */
export function placeOf(group: string, seed: number): number {
  return hashOf(`place:${seed}:${group}`) / 2 ** 48;
}

/** The first 48 bits of a text's sha-256, as a number: a name for it that takes little room. */
export function hashOf(text: string): number {
  return createHash('sha256').update(text).digest().readUIntBE(0, 6);
}
