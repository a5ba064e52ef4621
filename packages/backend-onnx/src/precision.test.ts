import { describe, expect, it } from 'vitest';
import type { CompiledModel } from '@halfspace/model';
import type { Graphs, TrunkResult } from './graphs.js';
import { candidatesOf, cheapest, machineMemory, measureCosts, rowCost, rowsPerCall } from './precision.js';

describe('the precision of a step', () => {
  // Milliseconds at 1, 2, 4, 10, 25 and 64 rows.
  const costs = { f32: [20, 21, 22, 26, 40, 100], int8: [9, 11, 17, 27, 55, 130] };

  it('is the one that is faster for its rows', () => {
    expect([1, 4, 25, 64].map((rows) => cheapest(costs, rows))).toEqual(['int8', 'int8', 'f32', 'f32']);
  });

  it('goes by the nearest measured number of rows', () => {
    expect([0, 5, 17, 50_000].map((rows) => cheapest(costs, rows))).toEqual(['int8', 'int8', 'f32', 'f32']);
  });

  it('is that of a single row while the other saves little, because that would be held as well', () => {
    expect(cheapest(costs, 10)).toBe('int8');
    expect(cheapest({ f32: costs.int8, int8: costs.f32 }, 10)).toBe('f32');
  });

  it('is less exact only where that saves a tenth', () => {
    const int4 = [8, 10, 16, 28, 60, 150];
    expect(cheapest({ ...costs, int4 }, 1)).toBe('int4');
    expect(cheapest({ ...costs, int4: int4.with(0, 8.2) }, 1)).toBe('int8');
    expect(cheapest({ int8: costs.int8, int4 }, 64)).toBe('int8');
  });

  it('is that of a single row where there is no memory for two', () => {
    expect(cheapest(costs, 64, [])).toBe('int8');
  });
});

describe('the kinds of arithmetic that are measured', () => {
  const modelOf = (type: 'Q4_K' | 'Q8_0', numbers: number) => ({
    tensors: new Map([['weight', { name: 'weight', type, shape: [1000, numbers / 1000] }]]),
  });
  const total = 24e9;

  it('are those that fit the memory of the machine', () => {
    const precisions = (numbers: number) => candidatesOf(modelOf('Q4_K', numbers), { total }).precisions;
    expect(precisions(1e9)).toEqual(['f32', 'int8', 'int4']);
    expect(precisions(8e9)).toEqual(['int8', 'int4']);
    expect(precisions(20e9)).toEqual(['int4']);
    // Nothing fits: loading says so.
    expect(precisions(70e9)).toEqual(['int4']);
  });

  it('are those that other programs leave memory for', () => {
    const found = (free: number) => candidatesOf(modelOf('Q4_K', 1e9), { total, free });
    expect(found(16e9)).toEqual(candidatesOf(modelOf('Q4_K', 1e9), { total }));
    expect(found(3e9)).toEqual({ precisions: ['int8', 'int4'], together: [['int8', 'int4']] });
    expect(found(1e9)).toEqual({ precisions: ['int4'], together: [] });
    // Nothing fits: loading says so.
    expect(found(1e6)).toEqual({ precisions: ['int4'], together: [] });
  });

  it('have four bits where the file has them', () => {
    expect(candidatesOf(modelOf('Q8_0', 1e9), { total }).precisions).toEqual(['f32', 'int8']);
    expect(candidatesOf(modelOf('Q8_0', 70e9), { total }).precisions).toEqual(['int8']);
  });

  it('fit together where their bytes do', () => {
    expect(candidatesOf(modelOf('Q4_K', 3.5e9), { total }).together).toEqual([['int8', 'int4']]);
  });

  it('are of this machine, which has some memory', async () => {
    const { total, free = total } = await machineMemory();
    expect(total).toBeGreaterThan(1e8);
    expect(free).toBeGreaterThan(0);
  });
});

it.each([
  // 8 ms a call and 1 ms a row; 6 and 3; 30 and 1; rows that cost nothing; nothing but rows.
  [[9, 10, 12, 18, 33, 72], 152],
  [[9, 12, 18, 36, 81, 198], 64],
  [[31, 32, 34, 40, 55, 94], 256],
  [[5, 5, 5, 5, 5, 5], 256],
  [[1, 2, 4, 10, 25, 64], 64],
])('a call has the rows that leave little of its own cost: %j', (costs, rows) => {
  expect(rowsPerCall({ int8: costs }, 'int8')).toBe(rows);
});

it.each([
  [[9, 10, 12, 18, 33, 72], 1 / 9],
  [[10, 14, 22, 46, 120, 300], 0.4],
  // What cannot be, but may be measured on a busy machine.
  [[9, 10, 8, 18, 33, 72], 0],
  [[1, 2, 40, 100, 250, 640], 1],
])('a row costs what the measured calls say: %j', (costs, share) => {
  expect(rowCost(costs)).toBeCloseTo(share);
});

describe('a measurement', () => {
  const model = {
    architecture: { layers: 2, keyValueHeads: 1, headWidth: 2, width: 2 },
  } as unknown as CompiledModel;

  /** Graphs of which a call takes so many milliseconds a row, by a clock that nothing else moves. */
  function slowGraphs(perRow: number) {
    const clock = { now: 0, calls: 0 };
    const result: TrunkResult = {
      keysValues: new Float32Array(),
      end: new Float32Array(),
      hidden: new Map(),
    };
    const graphs = {
      cut: 1,
      lower: async ({ rows }: { rows: number }) => {
        clock.now += rows * perRow;
        clock.calls++;
        return result;
      },
      upper: async () => result,
    } as unknown as Graphs;
    return {
      clock,
      measure: async (options = {}) => measureCosts(graphs, model, { now: () => clock.now, ...options }),
    };
  }

  it('times a few calls of each number of rows, and says how far it is', async () => {
    const { clock, measure } = slowGraphs(2);
    const shares: number[] = [];
    expect(await measure({ onProgress: (share: number) => shares.push(share) })).toEqual([
      2, 4, 8, 20, 50, 128,
    ]);
    expect(clock.calls).toBe(48);
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
  });

  it('is bounded, however slow the calls are, and goes on from what it has timed', async () => {
    for (const [perRow, calls] of [
      [1_000, 3],
      [100_000, 1],
    ]) {
      const { clock, measure } = slowGraphs(perRow);
      expect(await measure()).toEqual([1, 2, 4, 10, 25, 64].map((rows) => rows * perRow));
      expect(clock.calls).toBe(calls);
    }
  });

  it('ends when its signal says so', async () => {
    const { clock, measure } = slowGraphs(1);
    const controller = new AbortController();
    const onProgress = () => clock.calls === 3 && controller.abort();
    await expect(measure({ signal: controller.signal, onProgress })).rejects.toThrow(
      expect.objectContaining({ code: 'aborted' }),
    );
    expect(clock.calls).toBe(3);
  });
});
