/** Two responses to one prompt, of which the first was preferred. */
export interface Pair<T> {
  /** The preferred response. */
  readonly chosen: T;
  /** The other one. */
  readonly rejected: T;
}

/** Lengths are similar when they differ by less than this share of the longer one. */
const SIMILAR = 0.1;

/** Pairs of items that take turns: a chosen one, then its rejected one. */
export function pairUp<T>(items: readonly T[]): Pair<T>[] {
  return Array.from({ length: items.length / 2 }, (_, i) => ({
    chosen: items[2 * i],
    rejected: items[2 * i + 1],
  }));
}

/** 1 for a pair that is won by this difference, 0 for one that is lost, a half for a tie. */
export function win(difference: number): number {
  return (1 + Math.sign(difference)) / 2;
}

/** Whether two lengths in tokens differ by less than a tenth of the larger one. */
export function areSimilar(one: number, other: number): boolean {
  return Math.abs(one - other) < SIMILAR * Math.max(one, other);
}
