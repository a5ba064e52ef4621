import type { NewToken, TokenNode, TokenTree } from '../token-tree.js';
import { finish, pendingRowsOf, rowOf, tipOfRow, type PartStates, type Rows, type Trunk } from '../trunk.js';
import type { Branch } from '../trunk-call.js';
import { gpuCall } from './gpu-call.js';
import type { GpuGraphs } from './gpu-graphs.js';

/**
 * The trunk of a model on a GPU. A call writes the keys and values of its rows into slots that are taken before; a row that is
 * kept becomes a token in its slot, so that nothing is copied, and nothing but hidden states comes back.
 */
export function createGpuTrunk(graphs: GpuGraphs, tree: TokenTree): Trunk<GpuGraphs> {
  const { width, keyValueHeads, sliding } = graphs.architecture;
  const layOut = (branches: readonly Branch[], slots: readonly number[]) =>
    gpuCall(branches, slots, keyValueHeads, sliding?.tokens);

  /** Rows of a call, which gives its slots back when it is released. */
  function rowsOf(
    slots: readonly number[],
    release: () => void,
    lower: PartStates,
    upper?: PartStates,
  ): Rows {
    const states = { lower, ...(upper && { upper }) };
    return {
      ...states,
      keep(parent: TokenNode | undefined, row: number, added: NewToken) {
        const node = tree.append(parent, added, slots[row]);
        if (upper !== undefined) tree.list(node);
        return node;
      },
      tipOf: (row) => tipOfRow(states, row, width),
      release,
    };
  }

  return {
    async run(_, branches, layers, whole, goOn) {
      const slots = tree.takeSlots(branches.reduce((sum, { tokens }) => sum + tokens.length, 0));
      let released = false;
      const release = () => {
        if (!released) for (const slot of slots) tree.freeSlot(slot);
        released = true;
      };
      try {
        await graphs.fit(tree.extent);
        const call = layOut(branches, slots);
        const lower = await graphs.lower(call, layers);
        if (whole === 0) return { whole: rowsOf(slots, release, lower), cut: rowsOf(slots, release, lower) };
        goOn?.();
        const wholeBranches = branches.slice(0, whole);
        const rows = wholeBranches.reduce((sum, { tokens }) => sum + tokens.length, 0);
        const first = rows === slots.length ? call : layOut(wholeBranches, slots.slice(0, rows));
        const upper = await graphs.upper(first, lower.end.subarray(0, rows * width), layers);
        return {
          whole: rowsOf(slots, release, lower, upper),
          cut: rowsOf(slots, release, lower),
        };
      } catch (error) {
        release();
        throw error;
      }
    },
    async complete(contexts) {
      const { tips, branches, residual } = pendingRowsOf(contexts, width);
      if (tips.length === 0) return;
      await graphs.fit(tree.extent);
      const call = layOut(
        branches,
        tips.map(({ last }) => last.slot),
      );
      const { end } = await graphs.upper(call, residual, []);
      tips.forEach(({ tip, last }, row) => {
        tree.list(last);
        finish(tip, rowOf(end, row, width));
      });
    },
  };
}
