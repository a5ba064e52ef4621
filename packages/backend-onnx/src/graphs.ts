import { HalfspaceError } from '@halfspace/core';
import { HEAD, TRUNK, type Architecture } from '@halfspace/model';
import { floats, type InferenceSession, runSession, Tensor } from '@halfspace/onnx-runtime';
import type { KeyValueStore, Numbers } from './key-value-store.js';
import { pastBlocksOf, type PastCall, type TrunkCall, type View } from './trunk-call.js';

/** What a part of the trunk says of its rows. */
export interface TrunkResult {
  /** [rows, blocks · 2 · keyValueHeads, headWidth] */
  readonly keysValues: Numbers;
  /** Hidden states where the part ends, [rows, width]: at the cut, or after the final norm. */
  readonly end: Float32Array;
  /** Per asked-for layer of the part [rows, width]. */
  readonly hidden: ReadonlyMap<number, Float32Array>;
}

/** What the head says of its rows. */
export interface HeadResult {
  readonly topTokens: BigInt64Array;
  readonly topLogits: Float32Array;
  readonly askedLogits: Float32Array;
  readonly logSumExp: Float32Array;
}

/** The output head of a model, loaded: all that is asked of graphs wherever they run. */
export interface HeadGraph {
  /** `hidden` [rows, width]; `asked` [rows, askedPerRow]. */
  head(
    hidden: Float32Array,
    count: number,
    asked: readonly number[],
    askedPerRow: number,
  ): Promise<HeadResult>;
}

/** The graphs of a compiled model, loaded. */
export interface Graphs extends HeadGraph {
  /** Blocks of the lower part of the trunk: hidden states up to this layer need nothing else. */
  readonly cut: number;
  /**
   * Runs the rows of a call through the lower part.
   *
   * @param layers - At most the cut; others are left out.
   */
  lower(call: TrunkCall, store: KeyValueStore, layers: readonly number[]): Promise<TrunkResult>;
  /**
   * Takes the rows of a call on from the cut.
   *
   * @param residual - Their hidden states at the cut, [rows, width].
   * @param layers - Above the cut; others are left out.
   */
  upper(
    call: TrunkCall,
    residual: Float32Array,
    store: KeyValueStore,
    layers: readonly number[],
  ): Promise<TrunkResult>;
  dispose(): Promise<void>;
}

const int64 = (values: readonly number[], shape: readonly number[]) =>
  new Tensor('int64', BigInt64Array.from(values, BigInt), shape);

/** The numbers of an output in the form that the store keeps them in. */
function numbers(tensor: Tensor | undefined): Numbers {
  if (tensor?.type !== 'float16') return floats(tensor);
  // Newer versions of Node have an array for them; the bits are what is kept.
  const { buffer, byteOffset, byteLength } = tensor.data as Uint16Array;
  return new Uint16Array(buffer, byteOffset, byteLength / 2);
}

/** What says which rows attend to what. */
function inputsOf({
  rows,
  texts,
  heads,
  keyValueHeads,
  block,
  rest,
  ...call
}: TrunkCall): Record<string, Tensor> {
  const { blocks, places, queries } = rest;
  const feeds: Record<string, Tensor> = {
    [TRUNK.positions]: new Tensor('int64', call.positions, [1, rows]),
    [TRUNK.restQueries]: new Tensor('int32', rest.index, [texts, 1, keyValueHeads, queries]),
    [TRUNK.restPlaces]: new Tensor('int64', rest.stored, [texts, blocks, 1, places]),
    [TRUNK.newPlaces]: new Tensor('int64', rest.added, [rows, keyValueHeads, 4]),
    [TRUNK.newKeys]: new Tensor('int32', rest.keys, [rows, keyValueHeads]),
  };
  function feed(names: typeof TRUNK.whole, view: View): void {
    feeds[names.restMask] = new Tensor('float32', view.restMask, [texts, blocks, 1, queries, places]);
    feeds[names.items] = new Tensor('int32', view.items, [rows, heads, view.itemsOfRow]);
    const past = (index: string, masks: string, { count, mask, ...part }: PastCall) => {
      feeds[index] = new Tensor('int32', part.index, [count, keyValueHeads, part.queries]);
      if (mask !== undefined) feeds[masks] = new Tensor('float32', mask, [count, 1, part.queries, block]);
    };
    past(names.sharedQueries, names.sharedMask, view.shared);
    past(names.ownQueries, names.ownMask, view.own);
  }
  feed(TRUNK.whole, call.whole);
  if (call.window !== undefined) feed(TRUNK.window, call.window);
  return feeds;
}

/** The output head of a model whose graph is loaded. */
export function createHeadGraph(session: InferenceSession, width: number): HeadGraph {
  return {
    async head(hidden, count, asked, askedPerRow) {
      const rows = hidden.length / width;
      const results = await runSession(session, {
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
  };
}

/** What graphs are made of, whichever ONNX Runtime has loaded them. */
export interface GraphParts {
  readonly architecture: Architecture;
  /** Blocks in the lower part of the trunk. */
  readonly cut: number;
  readonly sessions: Readonly<Record<'lower' | 'upper' | 'head', InferenceSession>>;
  /** Gives timers, signals and messages their turn. */
  readonly macrotask: () => Promise<unknown>;
  readonly dispose: () => Promise<void>;
}

/** Graphs of sessions that are open. */
export function createGraphs(parts: GraphParts): Graphs {
  const { cut, sessions, macrotask, dispose } = parts;
  const { layers, width, sliding } = parts.architecture;
  const { lower, upper, head } = sessions;
  const slides = new Set(sliding?.blocks);

  async function part(
    session: InferenceSession,
    own: Record<string, Tensor>,
    call: TrunkCall,
    store: KeyValueStore,
    layers: readonly number[],
    endsAt: number,
  ): Promise<TrunkResult> {
    const feeds: Record<string, Tensor> = {
      ...store.inputs((layer) => pastBlocksOf(call, slides.has(layer))),
      ...own,
      ...inputsOf(call),
    };
    const kept = store.layers > 0 ? [TRUNK.keysValues] : [];
    const nameOf = (layer: number) => (layer === cut ? TRUNK.residual : TRUNK.hidden(layer));
    const wanted = [...new Set([...layers, endsAt])].map(nameOf);
    const results = await runSession(session, feeds, [...kept, ...wanted]);
    // The call holds the thread; give timers, signals and streams their turn.
    await macrotask();
    return {
      keysValues: kept.length > 0 ? numbers(results[TRUNK.keysValues]) : new Float32Array(),
      end: floats(results[nameOf(endsAt)]),
      hidden: new Map(layers.map((layer) => [layer, floats(results[nameOf(layer)])])),
    };
  }

  return {
    cut,
    async lower(call, store, asked) {
      const own = { [TRUNK.tokens]: new Tensor('int64', call.tokens, [1, call.rows]) };
      return part(
        lower,
        own,
        call,
        store,
        asked.filter((layer) => layer <= cut),
        cut,
      );
    },
    async upper(call, residual, store, asked) {
      const own = { [TRUNK.residual]: new Tensor('float32', residual, [1, call.rows, width]) };
      return part(
        upper,
        own,
        call,
        store,
        asked.filter((layer) => layer > cut),
        layers,
      );
    },
    ...createHeadGraph(head, width),
    dispose,
  };
}
