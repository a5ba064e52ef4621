import { isHalfspaceError, type Backend, type ModelInfo, type Tokenizer } from '@halfspace/core';
import type { CompiledModel, Precision } from '@halfspace/model';
import type { Provider } from '@halfspace/onnx-runtime';
import { createBackend, TEXT_ROWS, type CacheStats } from './backend.js';
import type { Graphs } from './graphs.js';
import { loadGraphs } from './load-graphs.js';
import {
  cheapest,
  costsPath,
  FEW_ROWS,
  measureCosts,
  readCosts,
  rowCost,
  ROWS,
  rowsPerCall,
  writeCosts,
  type Candidates,
  type Costs,
} from './precision.js';

/** What a backend is opened with: data alone, which may come from another thread. */
export interface OpenRequest extends Pick<ModelInfo, 'name' | 'fingerprint'> {
  /** Directory of what is kept between runs. */
  readonly cache: string;
  readonly threads: number;
  /** Bytes of memory for texts that are finished. */
  readonly cacheBytes: number;
  /** What there is to choose from where no precision is given. */
  readonly candidates: Candidates;
  /** Default: the fastest of the candidates, which is measured. */
  readonly precision?: Precision;
  /** What runs the graphs (default: the processor). */
  readonly provider?: Provider;
}

/** What goes with it: graphs are compiled where the model file and the families of the app are. */
export interface OpenTools {
  readonly tokenizer: Tokenizer;
  /** Graphs of a precision, compiled when first asked for. */
  readonly compile: (precision: Precision) => Promise<CompiledModel>;
  /** Graphs of a few blocks, to be timed; undefined for a model of a single block. Whoever gives them removes them. */
  readonly compileSample: (precision: Precision) => Promise<CompiledModel | undefined>;
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
  { name, fingerprint, cache, threads, cacheBytes, candidates, precision, provider = 'cpu' }: OpenRequest,
  { tokenizer, compile, compileSample, compileAgain, signal, onMeasured }: OpenTools,
): Promise<OpenedBackend> {
  const loaded = new Map<Precision, Promise<Graphs>>();
  const disposeGraphs = async () => {
    await Promise.allSettled([...loaded.values()].map(async (each) => (await each).dispose()));
    loaded.clear();
  };

  async function load(arithmetic: Precision): Promise<Graphs> {
    const model = await compile(arithmetic);
    try {
      return await loadGraphs(model, threads, signal, provider);
    } catch (error) {
      if (!isHalfspaceError(error, 'backend-failed')) throw error;
      const again = await compileAgain(arithmetic);
      if (again === undefined) throw error;
      return loadGraphs(again, threads, signal, provider);
    }
  }
  const graphs = async (arithmetic: Precision) => remember(loaded, arithmetic, async () => load(arithmetic));

  const memo = costsPath(cache, fingerprint, threads);

  /** Milliseconds of calls of a few blocks. Of a model of a single block nothing can be told. */
  async function measureSample(
    arithmetic: Precision,
    onProgress: (share: number) => void,
  ): Promise<readonly number[]> {
    const sample = await compileSample(arithmetic);
    if (sample === undefined) return ROWS.map(() => 1);
    const timed = await loadGraphs(sample, threads, signal);
    const watch = { ...(signal && { signal }), onProgress };
    return measureCosts(timed, sample, watch).finally(async () => timed.dispose());
  }

  async function measure(): Promise<Costs> {
    const { precisions } = candidates;
    const known = await readCosts(memo, precisions);
    if (known !== undefined) return known;
    const costs: Partial<Record<Precision, readonly number[]>> = {};
    // One after the other, and never the whole of a model: what is not chosen is neither compiled nor loaded.
    for (const [index, each] of precisions.entries())
      costs[each] = await measureSample(each, (share) => onMeasured?.((index + share) / precisions.length));
    // A cache that cannot be written costs time, not correctness.
    await writeCosts(memo, costs).catch(() => undefined);
    return costs;
  }

  try {
    const costs = precision === undefined && candidates.precisions.length > 1 ? await measure() : undefined;
    const choosePrecision = (rows: number): Precision =>
      precision ??
      (costs === undefined ? candidates.precisions[0] : cheapest(costs, rows, candidates.together));
    const { architecture, cut, kvCache } = await compile(choosePrecision(1));
    await graphs(choosePrecision(1));
    const { layers, width, contextLength } = architecture;
    // Where the arithmetic is given, it is not measured for this alone.
    const timed = costs ?? (await readCosts(memo, [choosePrecision(1)]));
    const few = choosePrecision(FEW_ROWS);
    const rows = timed && {
      rowsPerCall: rowsPerCall(timed, choosePrecision(1)),
      ...(timed[few] !== undefined && { rowCost: rowCost(timed[few]) }),
    };
    const arithmetic = { states: choosePrecision(TEXT_ROWS), decoding: few };
    const model: ModelInfo = {
      name,
      fingerprint,
      layers,
      width,
      cut,
      arithmetic,
      contextLength,
      ...rows,
    };
    const exact = provider === 'cpu';
    const parts = {
      model,
      architecture,
      cut,
      kvCache,
      cacheBytes,
      tokenizer,
      exact,
      choosePrecision,
      graphs,
    };
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
