import { isHalfspaceError, type Backend, type ModelInfo, type Tokenizer } from '@halfspace/core';
import type { CompiledModel, Precision } from '@halfspace/model';
import { createBackend, type CacheStats } from './backend.js';
import { loadGraphs, type Graphs } from './graphs.js';
import {
  cheapest,
  costsPath,
  measureCosts,
  readCosts,
  rowsPerCall,
  writeCosts,
  type Costs,
} from './precision.js';

/** What a backend is opened with: data alone, which may come from another thread. */
export interface OpenRequest extends Pick<ModelInfo, 'name' | 'fingerprint'> {
  /** Directory of what is kept between runs. */
  readonly cache: string;
  readonly threads: number;
  /** Bytes of memory for texts that are finished. */
  readonly cacheBytes: number;
  /** Default: the faster one, which is measured. */
  readonly precision?: Precision;
}

/** What goes with it: graphs are compiled where the model file and the families of the app are. */
export interface OpenTools {
  readonly tokenizer: Tokenizer;
  /** Graphs of a precision, compiled when first asked for. */
  readonly compile: (precision: Precision) => Promise<CompiledModel>;
  /** Makes graphs again that do not load, once. Undefined where they are what was made: they are not to blame then. */
  readonly compileAgain: (precision: Precision) => Promise<CompiledModel | undefined>;
  /** Ends the loading with the error `aborted`. */
  readonly signal?: AbortSignal;
  /** Called with the share of the measurement that is done, 0 to 1. */
  readonly onMeasured?: (share: number) => void;
}

/** A backend, and what its cache of texts holds. */
export type OpenedBackend = Backend & { cacheStats(): CacheStats };

/**
 * Loads graphs, after it was measured which are faster, and makes a backend of them.
 *
 * @throws HalfspaceError `out-of-memory`, `backend-failed`, `aborted`; and what compiling throws
 */
export async function openBackend(
  { name, fingerprint, cache, threads, cacheBytes, precision }: OpenRequest,
  { tokenizer, compile, compileAgain, signal, onMeasured }: OpenTools,
): Promise<OpenedBackend> {
  const loaded = new Map<Precision, Promise<Graphs>>();
  const disposeGraphs = async () => {
    await Promise.allSettled([...loaded.values()].map(async (each) => (await each).dispose()));
    loaded.clear();
  };

  async function load(arithmetic: Precision): Promise<Graphs> {
    const model = await compile(arithmetic);
    try {
      return await loadGraphs(model, threads, signal);
    } catch (error) {
      if (!isHalfspaceError(error, 'backend-failed')) throw error;
      const again = await compileAgain(arithmetic);
      if (again === undefined) throw error;
      return loadGraphs(again, threads, signal);
    }
  }
  const graphs = async (arithmetic: Precision) => remember(loaded, arithmetic, async () => load(arithmetic));

  const memo = costsPath(cache, fingerprint, threads);

  async function measure(): Promise<Costs> {
    const known = await readCosts(memo);
    if (known !== undefined) return known;
    const watch = (before: number) => ({
      ...(signal && { signal }),
      onProgress: (share: number) => onMeasured?.((before + share) / 2),
    });
    // One after the other: both in memory at once would be the most that this program ever needs.
    const f32 = await load('f32');
    const costs = {
      f32: await measureCosts(f32, await compile('f32'), watch(0)).finally(async () => f32.dispose()),
    };
    const whole: Costs = {
      ...costs,
      int8: await measureCosts(await graphs('int8'), await compile('int8'), watch(1)),
    };
    // A cache that cannot be written costs time, not correctness.
    await writeCosts(memo, whole).catch(() => undefined);
    return whole;
  }

  try {
    const costs = precision === undefined ? await measure() : undefined;
    const choosePrecision = (rows: number): Precision =>
      precision ?? (costs === undefined ? 'f32' : cheapest(costs, rows));
    const { architecture, cut, kvCache } = await compile(choosePrecision(1));
    await graphs(choosePrecision(1));
    const { layers, width, contextLength } = architecture;
    // Where the arithmetic is given, it is not measured for this alone.
    const timed = costs ?? (await readCosts(memo));
    const rows = timed && { rowsPerCall: rowsPerCall(timed, choosePrecision(1)) };
    const model: ModelInfo = { name, fingerprint, layers, width, cut, contextLength, ...rows };
    const parts = { model, architecture, cut, kvCache, cacheBytes, tokenizer, choosePrecision, graphs };
    return createBackend({ ...parts, disposeGraphs });
  } catch (error) {
    await disposeGraphs();
    throw error;
  }
}

/** The promise of a key, made once; a failed one is forgotten, so that it can be tried again. */
export async function remember<K, V>(known: Map<K, Promise<V>>, key: K, make: () => Promise<V>): Promise<V> {
  let promise = known.get(key);
  if (promise === undefined) {
    promise = make();
    known.set(key, promise);
    promise.catch(() => known.delete(key));
  }
  return promise;
}
