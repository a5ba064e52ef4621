import { setImmediate as macrotask } from 'node:timers/promises';
import { HalfspaceError, throwIfAborted } from '@halfspace/core';
import { HEAD, TRUNK, type CompiledModel } from '@halfspace/model';
import { Tensor } from 'onnxruntime-node';
import type { KeyValueStore } from './key-value-store.js';
import { floats, openSession, runSession } from './session.js';
import type { TrunkCall } from './trunk-call.js';

/** What the trunk says of its rows. */
export interface TrunkResult {
  /** [1, rows, layers · 2 · keyValueHeads · headWidth] */
  readonly keysValues: Float32Array;
  /** Per asked-for layer [rows, width]. */
  readonly hidden: ReadonlyMap<number, Float32Array>;
}

/** What the head says of its rows. */
export interface HeadResult {
  readonly topTokens: BigInt64Array;
  readonly topLogits: Float32Array;
  readonly askedLogits: Float32Array;
  readonly logSumExp: Float32Array;
}

/** The two graphs of a compiled model, loaded. */
export interface Graphs {
  /** Runs a call over the stored keys and values; the final hidden states always come with those of `layers`. */
  trunk(call: TrunkCall, store: KeyValueStore, layers: readonly number[]): Promise<TrunkResult>;
  /** `hidden` [rows, width]; `asked` [rows, askedPerRow]. */
  head(
    hidden: Float32Array,
    count: number,
    asked: readonly number[],
    askedPerRow: number,
  ): Promise<HeadResult>;
  dispose(): Promise<void>;
}

const int64 = (values: readonly number[], shape: readonly number[]) =>
  new Tensor('int64', BigInt64Array.from(values, BigInt), shape);

/** Loads the graphs of a compiled model with `threads` threads. */
export async function loadGraphs(
  model: CompiledModel,
  threads: number,
  signal?: AbortSignal,
): Promise<Graphs> {
  const { layers, width } = model.architecture;
  const trunk = await openSession(model.trunk, threads);
  const head = await openSession(model.head, threads).catch(async (error: unknown) => {
    await trunk.release();
    throw error;
  });
  let closed = false;
  const graphs: Graphs = {
    async trunk(call, store, asked) {
      const { rows, texts, rowsOfText, line } = call;
      const feeds = {
        ...store.inputs,
        [TRUNK.tokens]: new Tensor('int64', call.tokens, [1, rows]),
        [TRUNK.positions]: new Tensor('int64', call.positions, [1, rows]),
        [TRUNK.queries]: new Tensor('int64', call.queries, [texts, rowsOfText, 2]),
        [TRUNK.answers]: new Tensor('int64', call.answers, [1, rows, 2]),
        [TRUNK.ancestors]: new Tensor('int64', call.ancestors, [texts, line]),
        [TRUNK.places]: new Tensor('int64', call.places, [1, rows, 2]),
        [TRUNK.mask]: new Tensor('float32', call.mask, [texts, 1, rowsOfText, line]),
      };
      const wanted = [...new Set([...asked, layers])];
      const results = await runSession(trunk, feeds, [TRUNK.keysValues, ...wanted.map(TRUNK.hidden)]);
      // The call holds the thread; give timers, signals and streams their turn.
      await macrotask();
      return {
        keysValues: floats(results[TRUNK.keysValues]),
        hidden: new Map(wanted.map((layer) => [layer, floats(results[TRUNK.hidden(layer)])])),
      };
    },
    async head(hidden, count, asked, askedPerRow) {
      const rows = hidden.length / width;
      const results = await runSession(head, {
        [HEAD.hidden]: new Tensor('float32', hidden, [rows, width]),
        [HEAD.count]: int64([count], [1]),
        [HEAD.asked]: int64(asked, [rows, askedPerRow]),
      });
      const topTokens = results[HEAD.topTokens]?.data;
      if (!(topTokens instanceof BigInt64Array)) {
        throw new HalfspaceError('backend-failed', 'ONNX Runtime returned no token ids where they belong.');
      }
      return {
        topTokens,
        topLogits: floats(results[HEAD.topLogits]),
        askedLogits: floats(results[HEAD.askedLogits]),
        logSumExp: floats(results[HEAD.logSumExp]),
      };
    },
    async dispose() {
      if (closed) return;
      closed = true;
      await Promise.all([trunk.release(), head.release()]);
    },
  };
  if (signal?.aborted === true) {
    await graphs.dispose();
    throwIfAborted(signal);
  }
  return graphs;
}
