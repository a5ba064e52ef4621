import { setImmediate as macrotask } from 'node:timers/promises';
import { throwIfAborted } from '@halfspace/core';
import {
  GPU_TRUNK,
  gpuStoreGraph,
  keyValueType,
  TRUNK,
  type Architecture,
  type CompiledModel,
  type GpuPrecision,
} from '@halfspace/model';
import { floats, openSession, runSession, Tensor, type InferenceSession } from '@halfspace/onnx-runtime';
import { createHeadGraph, type HeadGraph } from '../graphs.js';
import type { PartStates } from '../trunk.js';
import type { GpuCall } from './gpu-call.js';
import { createGpuStore, type GpuStore } from './gpu-store.js';

/** The graphs of a model on a GPU, with the keys and values that they read. */
export interface GpuGraphs extends HeadGraph {
  readonly architecture: Architecture;
  /** Makes room for keys and values of so many slots. */
  fit(slots: number): Promise<void>;
  /**
   * Runs the rows of a call through the lower part.
   *
   * @param layers - At most the cut; others are left out.
   */
  lower(call: GpuCall, layers: readonly number[]): Promise<PartStates>;
  /**
   * Takes the rows of a call on from the cut.
   *
   * @param residual - Their hidden states at the cut, [rows, width].
   * @param layers - Above the cut; others are left out.
   */
  upper(call: GpuCall, residual: Float32Array, layers: readonly number[]): Promise<PartStates>;
  dispose(): Promise<void>;
}

/** Settings of {@link loadGpuGraphs}. */
export interface GpuLoadOptions {
  /** Ends it with the error `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Refuses graphs of which the processor would have to run a part (default false). */
  readonly strict?: boolean;
  /** What runs them (default `webgpu`); the processor can, with their arithmetic as far as it has it, so that they are checked. */
  readonly provider?: 'webgpu' | 'cpu';
}

/**
 * Loads the graphs of a model that was compiled for a GPU.
 *
 * @throws HalfspaceError `out-of-memory`, `backend-failed`, `aborted`
 */
export async function loadGpuGraphs(
  model: CompiledModel<GpuPrecision>,
  threads: number,
  { signal, strict = false, provider = 'webgpu' }: GpuLoadOptions = {},
): Promise<GpuGraphs> {
  const { cut, architecture, precision } = model;
  const { layers, width, keyValueHeads, headWidth } = architecture;
  const sessions: InferenceSession[] = [];
  const stores: GpuStore[] = [];
  const dispose = async () => {
    for (const store of stores.splice(0)) store.dispose();
    await Promise.all(sessions.splice(0).map(async (session) => session.release()));
  };
  const open = async (graph: string | Uint8Array, keeps = false) => {
    const keepsOnDevice = keeps && provider === 'webgpu';
    const session = await openSession(graph, threads, { provider, keepsOnDevice, strict });
    sessions.push(session);
    throwIfAborted(signal);
    return session;
  };

  async function part(
    session: InferenceSession,
    store: GpuStore,
    own: Record<string, Tensor>,
    { rows, line, ...call }: GpuCall,
    wanted: readonly number[],
    endsAt: number,
  ): Promise<PartStates> {
    const feeds: Record<string, Tensor> = {
      ...store.inputs,
      ...own,
      [TRUNK.positions]: new Tensor('int64', call.positions, [1, rows]),
      [GPU_TRUNK.rowSlots]: new Tensor('int64', call.rowSlots, [rows, 1]),
      [GPU_TRUNK.line]: new Tensor('int64', call.lineOfHeads, [call.lineOfHeads.length]),
      [GPU_TRUNK.mask]: new Tensor('float32', call.mask, [rows, line]),
    };
    if (call.windowMask !== undefined)
      feeds[GPU_TRUNK.windowMask] = new Tensor('float32', call.windowMask, [rows, line]);
    const nameOf = (layer: number) => (layer === cut ? TRUNK.residual : TRUNK.hidden(layer));
    const states = Object.fromEntries(
      [...new Set([...wanted, endsAt])].map((layer) => [nameOf(layer), null]),
    );
    const results = await runSession(session, feeds, { ...store.outputs, ...states });
    // The call holds the thread; give timers, signals and streams their turn.
    await macrotask();
    return {
      end: floats(results[nameOf(endsAt)]),
      hidden: new Map(wanted.map((layer) => [layer, floats(results[nameOf(layer)])])),
    };
  }

  try {
    const lower = await open(model.lower);
    const upper = await open(model.upper);
    const head = createHeadGraph(await open(model.head), width);
    const grow = await open(gpuStoreGraph(architecture, precision), true);
    const parts = { rowWidth: keyValueHeads * headWidth, type: keyValueType(precision), grow };
    const below = createGpuStore({ first: 0, end: cut, ...parts });
    const above = createGpuStore({ first: cut, end: layers, ...parts });
    stores.push(below, above);
    return {
      architecture,
      async fit(slots) {
        for (const store of stores) await store.fit(slots);
      },
      async lower(call, asked) {
        const own = { [TRUNK.tokens]: new Tensor('int64', call.tokens, [call.rows]) };
        const wanted = asked.filter((layer) => layer <= cut);
        return part(lower, below, own, call, wanted, cut);
      },
      async upper(call, residual, asked) {
        const own = { [TRUNK.residual]: new Tensor('float32', residual, [call.rows, width]) };
        const wanted = asked.filter((layer) => layer > cut);
        return part(upper, above, own, call, wanted, layers);
      },
      ...head,
      dispose,
    };
  } catch (error) {
    await dispose();
    throw error;
  }
}
