import { HalfspaceError } from '@halfspace/core';
import type { Architecture, KvCache } from '@halfspace/model';
import type { Graphs, TrunkResult } from './graphs.js';
import { createKeyValueStore } from './key-value-store.js';
import type { NewToken, Tip, TokenNode, TokenTree, TreeContext } from './token-tree.js';
import { blocksOf, divide, trunkCall, type Branch, type TrunkCall } from './trunk-call.js';

/** What a part of the trunk says of its rows. */
export interface PartStates {
  /** Hidden states where the part ends, [rows, width]: at the cut, or after the final norm. */
  readonly end: Float32Array;
  /** Per asked-for layer of the part [rows, width]. */
  readonly hidden: ReadonlyMap<number, Float32Array>;
}

/** Rows that were run, as far as they were. */
export interface Rows {
  readonly lower: PartStates;
  /** Undefined where they stopped at the cut. */
  readonly upper?: PartStates;
  /** Keeps a row as a token of the tree, which nobody holds yet; not after `release`. */
  keep(parent: TokenNode | undefined, row: number, added: NewToken): TokenNode;
  /** How far a row has been run. */
  tipOf(row: number): Tip;
  /** Gives up the keys and values of rows that were not kept; their hidden states stay. */
  release(): void;
}

/**
 * The trunk of a model with the keys and values of a token tree: the seam between what all devices share and where keys and
 * values are. `G`: the graphs that it runs.
 */
export interface Trunk<G> {
  /**
   * Runs the rows of some branches, the first of them to the end and the others to the cut.
   *
   * @param layers - Whose hidden states are wanted.
   * @param whole - How many branches are run to the end.
   * @param goOn - Asked at the cut; throws to end the run.
   * @returns The rows of the branches that were run whole, and those of the others: rows are counted through both.
   */
  run(
    graphs: G,
    branches: readonly Branch[],
    layers: readonly number[],
    whole: number,
    goOn?: () => void,
  ): Promise<{ readonly whole: Rows; readonly cut: Rows }>;
  /** Takes the last tokens of contexts that stopped at the cut on to the end, all in one call. */
  complete(contexts: readonly TreeContext[], graphs: G): Promise<void>;
}

/** The hidden states of rows at a layer, [rows, width]. */
export function statesOf({ lower, upper }: Rows, layer: number): Float32Array {
  const found = lower.hidden.get(layer) ?? upper?.hidden.get(layer);
  if (found === undefined) throw new HalfspaceError('unknown-layer', `Layer ${layer} was not asked for.`);
  return found;
}

/** A row of hidden states, as numbers of its own. */
export function rowOf(states: Float32Array, row: number, width: number): Float32Array {
  return states.slice(row * width, (row + 1) * width);
}

/** How far a row has been run, from what the parts of the trunk say of it. */
export function tipOfRow({ lower, upper }: Pick<Rows, 'lower' | 'upper'>, row: number, width: number): Tip {
  return upper === undefined
    ? { residual: rowOf(lower.end, row, width) }
    : { final: rowOf(upper.end, row, width) };
}

/** Last tokens of contexts that stopped at the cut, each once, as rows of a call of the upper part. */
export interface PendingRows {
  readonly tips: readonly { readonly tip: Tip; readonly last: TokenNode }[];
  readonly branches: readonly Branch[];
  /** Hidden states at the cut, [rows, width]. */
  readonly residual: Float32Array;
}

/** What is left to be run of contexts. */
export function pendingRowsOf(contexts: readonly TreeContext[], width: number): PendingRows {
  const pending = new Map<Tip, TreeContext>();
  for (const context of contexts) if (context.tip.residual !== undefined) pending.set(context.tip, context);
  const residual = new Float32Array(pending.size * width);
  const tips: { tip: Tip; last: TokenNode }[] = [];
  const branches: Branch[] = [];
  for (const { last, length, tip } of pending.values()) {
    if (last === undefined || tip.residual === undefined) continue;
    residual.set(tip.residual, tips.length * width);
    tips.push({ tip, last });
    // The lower part has read the token; the upper one reads the residual.
    branches.push({ parent: last.parent, length: length - 1, tokens: [0], shape: 'fan' });
  }
  return { tips, branches, residual };
}

/** Notes that a last token has been run to the end. */
export function finish(tip: Tip, final: Float32Array): void {
  tip.final = final;
  delete tip.residual;
}

/** The trunk of a model whose lower part has `cut` blocks, on the processor. */
export function createTrunk(
  architecture: Architecture,
  cut: number,
  kvCache: KvCache,
  tree: TokenTree,
): Trunk<Graphs> {
  const { layers: blocks, heads, keyValueHeads, headWidth, width, sliding } = architecture;
  const sizes = { heads, keyValueHeads, headWidth, block: tree.block, kvCache };
  const callSizes = { ...sizes, ...(sliding !== undefined && { window: sliding.tokens }) };
  const below = createKeyValueStore(0, cut, sizes);
  const above = createKeyValueStore(cut, blocks, sizes);
  const stores = [below, above];

  /** Makes room for all that is in use, and for `blocks` blocks at least. */
  function fit(blocks = 0): void {
    for (const store of stores) store.fit(Math.max(blocks, Math.ceil(tree.extent / tree.block)));
  }

  /** Lays out a call, after the blocks that it reads were brought together. */
  function layOut(branches: readonly Branch[]): TrunkCall {
    const divided = divide(branches, tree.block);
    const { shared, own } = blocksOf(divided);
    const exchanged = tree.arrange([shared, own]);
    fit(Math.max(0, ...exchanged.flat()) + 1);
    for (const store of stores) for (const [one, other] of exchanged) store.exchange(one, other);
    fit();
    return trunkCall(divided, callSizes);
  }

  /** What is to be done once all keys and values of a token are there. */
  function settle(node: TokenNode): void {
    tree.list(node);
    const copies = tree.seal(node);
    if (copies.length === 0) return;
    // What is copied may lie behind all that is in use now.
    fit(Math.floor(Math.max(...copies.flatMap(({ from }) => from)) / tree.block) + 1);
    for (const store of stores) for (const copy of copies) store.copy(copy);
  }

  function rowsOf(lower: TrunkResult, upper?: TrunkResult): Rows {
    return {
      lower,
      ...(upper && { upper }),
      keep(parent, row, added) {
        const node = tree.append(parent, added);
        fit();
        below.write(node.slot, lower.keysValues, row);
        if (upper === undefined) return node;
        above.write(node.slot, upper.keysValues, row);
        settle(node);
        return node;
      },
      tipOf: (row) => tipOfRow({ lower, ...(upper && { upper }) }, row, width),
      // They are numbers of the call alone.
      release: () => undefined,
    };
  }

  return {
    async run(graphs, branches, layers, whole, goOn) {
      const call = layOut(branches);
      const lower = await graphs.lower(call, below, layers);
      if (whole === 0) return { whole: rowsOf(lower), cut: rowsOf(lower) };
      goOn?.();
      const first = whole === branches.length ? call : layOut(branches.slice(0, whole));
      const upper = await graphs.upper(first, lower.end.subarray(0, first.rows * width), above, layers);
      return { whole: rowsOf(lower, upper), cut: rowsOf(lower) };
    },
    async complete(contexts, graphs) {
      const { tips, branches, residual } = pendingRowsOf(contexts, width);
      if (tips.length === 0) return;
      const { keysValues, end } = await graphs.upper(layOut(branches), residual, above, []);
      tips.forEach(({ tip, last }, row) => {
        above.write(last.slot, keysValues, row);
        settle(last);
        finish(tip, rowOf(end, row, width));
      });
    },
  };
}
