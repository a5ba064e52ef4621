import type { TrunkCall } from './graphs.js';
import type { TokenNode } from './token-tree.js';

/** Added to the score of what a row must not see; its weight becomes exactly zero. */
const UNSEEN = -1e9;

/** A token to be run after `parent`, which sees the rows `earlier` of its own call besides its ancestors. */
export interface Row {
  readonly token: number;
  readonly position: number;
  readonly parent: TokenNode | undefined;
  /** Number of rows right before it that it follows: 0 for a candidate, i for the i-th row of a prompt. */
  readonly earlier: number;
}

/** Assembles a call: every row sees its ancestors in the store, the rows it follows, and itself. */
export function trunkCall(rows: readonly Row[], capacity: number, layers: readonly number[]): TrunkCall {
  const span = capacity + rows.length;
  const mask = new Float32Array(rows.length * span).fill(UNSEEN);
  rows.forEach((row, index) => {
    const start = index * span;
    const before = rows[index - 1];
    if (before !== undefined && before.parent === row.parent) {
      mask.copyWithin(start, start - span, start - span + capacity);
    } else {
      for (let node = row.parent; node !== undefined; node = node.parent) mask[start + node.slot] = 0;
    }
    mask.fill(0, start + capacity + index - row.earlier, start + capacity + index + 1);
  });
  return { tokens: rows.map((row) => row.token), positions: rows.map((row) => row.position), mask, layers };
}
