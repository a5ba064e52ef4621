import { describe, expect, it } from 'vitest';
import type { Architecture } from '@halfspace/model';
import { createTokenTree, type TreeContext } from '../token-tree.js';
import type { Branch } from '../trunk-call.js';
import type { GpuGraphs } from './gpu-graphs.js';
import { createGpuTrunk } from './gpu-trunk.js';

const WIDTH = 2;
const added = (token: number) => ({ token, precision: 'gpu-f32', asPrompt: true }) as const;
const chain = (tokens: number[]): Branch => ({ parent: undefined, length: 0, tokens, shape: 'chain' });

/** Graphs that compute nothing and write down where rows go, and for how many slots there has to be room. */
function recordingGraphs() {
  const calls: { part: string; slots: number[]; room: number }[] = [];
  let room = 0;
  const part = (name: string) => async (call: { rowSlots: BigInt64Array }) => {
    calls.push({ part: name, slots: [...call.rowSlots].map(Number), room });
    return { end: new Float32Array(call.rowSlots.length * WIDTH), hidden: new Map() };
  };
  const graphs = {
    architecture: { width: WIDTH, keyValueHeads: 1 } as Architecture,
    async fit(slots: number) {
      room = slots;
    },
    lower: part('lower'),
    upper: part('upper'),
  } as unknown as GpuGraphs;
  return { graphs, calls };
}

describe('the trunk of a GPU', () => {
  it('writes rows into slots of their own, and keeps a row as a token where it lies', async () => {
    const tree = createTokenTree();
    const { graphs, calls } = recordingGraphs();
    const trunk = createGpuTrunk(graphs, tree);
    const { whole } = await trunk.run(graphs, [chain([3, 4])], [], 1);
    const first = whole.keep(undefined, 0, added(3));
    const second = whole.keep(first, 1, added(4));
    expect(calls.map(({ part, slots }) => [part, slots])).toEqual([
      ['lower', [0, 1]],
      ['upper', [0, 1]],
    ]);
    expect([first.slot, second.slot]).toEqual([0, 1]);
    expect(calls.every(({ slots, room }) => slots.every((slot) => slot < room))).toBe(true);
  });

  it('gives back the slots of rows that are not kept, of failed calls, too', async () => {
    const tree = createTokenTree();
    const { graphs, calls } = recordingGraphs();
    const trunk = createGpuTrunk(graphs, tree);
    const stop = () => {
      throw new Error('stop');
    };
    await expect(trunk.run(graphs, [chain([1, 2, 3])], [], 1, stop)).rejects.toThrow('stop');
    expect(tree.extent).toBe(0);
    const fan: Branch = { parent: undefined, length: 0, tokens: [5, 6, 7], shape: 'fan' };
    const { whole } = await trunk.run(graphs, [fan], [], 0);
    const winner = tree.open(whole.keep(undefined, 1, added(6)), {
      length: 1,
      precision: 'gpu-f32',
      tip: whole.tipOf(1),
    });
    whole.release();
    whole.release();
    expect(tree.extent).toBe(2);
    // The winner goes on through the upper part in its slot.
    await trunk.complete([winner], graphs);
    expect(calls.at(-1)).toMatchObject({ part: 'upper', slots: [1] });
    expect((winner as TreeContext).tip.final).toHaveLength(WIDTH);
    tree.close(winner);
    expect(tree.extent).toBe(0);
  });
});
