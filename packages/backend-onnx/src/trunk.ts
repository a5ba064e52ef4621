import { HalfspaceError } from '@halfspace/core';
import type { Architecture } from '@halfspace/model';
import type { Graphs, TrunkResult } from './graphs.js';
import { createKeyValueStore } from './key-value-store.js';
import type { NewToken, Tip, TokenNode, TokenTree, TreeContext } from './token-tree.js';
import { trunkCall, type Branch } from './trunk-call.js';

/** Rows that were run, as far as they were. */
export interface Rows {
  readonly lower: TrunkResult;
  /** Undefined where they stopped at the cut. */
  readonly upper?: TrunkResult;
}

/** The trunk of a model with the keys and values of a token tree. */
export interface Trunk {
  /**
   * Runs the rows of some branches, the first of them to the end and the others to the cut.
   *
   * @param layers - Whose hidden states are wanted.
   * @param whole - How many branches are run to the end.
   * @param goOn - Asked at the cut; throws to end the run.
   * @returns The rows of the branches that were run whole, and those of the others: rows are counted through both.
   */
  run(
    graphs: Graphs,
    branches: readonly Branch[],
    layers: readonly number[],
    whole: number,
    goOn?: () => void,
  ): Promise<{ readonly whole: Rows; readonly cut: Rows }>;
  /** Keeps a row as a token of the tree, which nobody holds yet. */
  keep(parent: TokenNode | undefined, rows: Rows, row: number, added: NewToken): TokenNode;
  /** How far a row has been run. `place`: its place behind its text. */
  tipOf(rows: Rows, row: number, place: number): Tip;
  /** Takes the last tokens of contexts that stopped at the cut on to the end, all in one call. */
  complete(contexts: readonly TreeContext[], graphs: Graphs): Promise<void>;
}

/** The hidden states of rows at a layer, [rows, width]. */
export function statesOf({ lower, upper }: Rows, layer: number): Float32Array {
  const found = lower.hidden.get(layer) ?? upper?.hidden.get(layer);
  if (found === undefined) throw new HalfspaceError('unknown-layer', `Layer ${layer} was not asked for.`);
  return found;
}

/** The trunk of a model whose lower part has `cut` blocks. */
export function createTrunk(architecture: Architecture, cut: number, tree: TokenTree): Trunk {
  const { layers: blocks, keyValueHeads, headWidth, width, sliding } = architecture;
  const below = createKeyValueStore(0, cut, keyValueHeads * headWidth);
  const above = createKeyValueStore(cut, blocks, keyValueHeads * headWidth);
  const layOut = (branches: readonly Branch[]) => trunkCall(branches, sliding?.tokens);
  const rowOf = (states: Float32Array, row: number) => states.slice(row * width, (row + 1) * width);

  return {
    async run(graphs, branches, layers, whole, goOn) {
      below.fit(tree.extent);
      const call = layOut(branches);
      const lower = await graphs.lower(call, below, layers);
      if (whole === 0) return { whole: { lower }, cut: { lower } };
      goOn?.();
      const first = whole === branches.length ? call : layOut(branches.slice(0, whole));
      above.fit(tree.extent);
      const upper = await graphs.upper(first, lower.end.subarray(0, first.rows * width), above, layers);
      return { whole: { lower, upper }, cut: { lower } };
    },
    keep(parent, { lower, upper }, row, added) {
      const node = tree.append(parent, added);
      for (const store of [below, above]) store.fit(tree.extent);
      below.write(node.slot, lower.keysValues, row);
      if (upper === undefined) return node;
      above.write(node.slot, upper.keysValues, row);
      tree.list(node);
      return node;
    },
    tipOf({ lower, upper }, row, place) {
      return upper === undefined
        ? { pendingUpper: { residual: rowOf(lower.end, row), place } }
        : { final: rowOf(upper.end, row) };
    },
    async complete(contexts, graphs) {
      const pending = new Map<Tip, TreeContext>();
      for (const context of contexts)
        if (context.tip.pendingUpper !== undefined) pending.set(context.tip, context);
      if (pending.size === 0) return;
      const residual = new Float32Array(pending.size * width);
      const branches = [...pending.values()].map(({ last, length, tip }, row): Branch => {
        if (tip.pendingUpper !== undefined) residual.set(tip.pendingUpper.residual, row * width);
        const places = [tip.pendingUpper?.place ?? 0];
        // The lower part has read the token; the upper one reads the residual.
        return { parent: last?.parent, length: length - 1, tokens: [0], shape: 'fan', places };
      });
      above.fit(tree.extent);
      const { keysValues, end } = await graphs.upper(layOut(branches), residual, above, []);
      [...pending].forEach(([tip, { last }], row) => {
        if (last === undefined) return;
        above.write(last.slot, keysValues, row);
        tree.list(last);
        tip.final = rowOf(end, row);
        delete tip.pendingUpper;
      });
    },
  };
}
