import { hashOf } from '../data/split.js';

/** What a fold is chosen by. */
export interface Stratified {
  /** How much of the value the row has, 1 to 0. */
  readonly label: number;
  /** Rows of one group go into one fold. */
  readonly group: string;
}

/**
 * Deals groups out to folds so that each fold has about as many rows of each side: the groups with the most rows first,
 * those of like size in an order that depends on the seed, each into the fold that is furthest from its share of what the
 * group has (as scikit-learn's `StratifiedGroupKFold` does).
 *
 * @returns The fold of each group, from 0. It does not depend on the order of the rows.
 */
export function stratifiedFolds(
  rows: readonly Stratified[],
  folds: number,
  seed: string,
): ReadonlyMap<string, number> {
  const groups = new Map<string, [negative: number, positive: number]>();
  const total = [0, 0];
  for (const { label, group } of rows) {
    const sides = groups.get(group) ?? [0, 0];
    groups.set(group, [sides[0] + 1 - label, sides[1] + label]);
    total[0] += 1 - label;
    total[1] += label;
  }
  const dealt = Array.from({ length: folds }, () => [0, 0]);
  const foldOf = new Map<string, number>();
  const order = [...groups].map(([group, sides]) => ({ group, sides, at: hashOf(`${seed}:${group}`) }));
  order.sort((a, b) => b.sides[0] + b.sides[1] - a.sides[0] - a.sides[1] || a.at - b.at);
  for (const { group, sides } of order) {
    // Of what is dealt the squares are to stay small: the side that a fold has less of costs it less.
    const costs = dealt.map((fold) =>
      sides.reduce((cost, rowsOf, side) => cost + (rowsOf * (2 * fold[side] + rowsOf)) / total[side] ** 2, 0),
    );
    const fold = costs.indexOf(Math.min(...costs));
    foldOf.set(group, fold);
    sides.forEach((rowsOf, side) => (dealt[fold][side] += rowsOf));
  }
  return foldOf;
}
