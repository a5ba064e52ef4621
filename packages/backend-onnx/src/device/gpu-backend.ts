import { rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { isHalfspaceError, type ModelInfo, type Registry, type Tokenizer } from '@halfspace/core';
import { compileModel, isUndamaged, type CompileModelOptions, type ModelFile } from '@halfspace/model';
import { createBackendOn } from '../backend.js';
import { gpuPrecision, type GpuArithmetic } from './device.js';
import { loadGpuGraphs } from './gpu-graphs.js';
import { createGpuTrunk } from './gpu-trunk.js';

/** A backend with its figures. */
export type GpuBackend = ReturnType<typeof createBackendOn>;

/** What a backend on a GPU is made of. */
export interface GpuBackendOptions {
  readonly file: ModelFile;
  readonly tokenizer: Tokenizer;
  readonly precision: GpuArithmetic;
  /** Where compiled models are. */
  readonly cache: string;
  /** As the option of `createOnnxBackend`. */
  readonly cacheBytes: number;
  readonly registry?: Registry;
  /** Refuses graphs of which the processor would have to run a part (default false). */
  readonly strict?: boolean;
  /** What runs the graphs (default `webgpu`). */
  readonly provider?: 'webgpu' | 'cpu';
  readonly signal?: AbortSignal | undefined;
  /** As that of `compileModel`. */
  readonly onProgress?: CompileModelOptions['onProgress'];
}

/**
 * Compiles a model for a GPU, once, and loads it. The model file is not needed any more then.
 *
 * @throws HalfspaceError as `createOnnxBackend`
 */
export async function openGpuBackend(options: GpuBackendOptions): Promise<GpuBackend> {
  const { file, tokenizer, cacheBytes, cache, registry, signal, strict, provider, onProgress } = options;
  const precision = gpuPrecision(options.precision);
  const compile = async () =>
    compileModel(file, {
      precision,
      kvCache: precision === 'gpu-f16' ? 'f16' : 'f32',
      cache,
      ...(registry && { registry }),
      ...(signal && { signal }),
      ...(onProgress && { onProgress }),
    });
  // The processor has little to do: it hands work to the GPU.
  const load = async () =>
    loadGpuGraphs(await compile(), 1, { signal, ...(strict && { strict }), ...(provider && { provider }) });
  const compiled = await compile();
  const graphs = await load().catch(async (error: unknown) => {
    if (!isHalfspaceError(error, 'backend-failed') || (await isUndamaged(compiled))) throw error;
    // Damage that the cache did not notice: make the graphs again, once.
    await rm(dirname(compiled.head), { recursive: true, force: true });
    return load();
  });
  const { architecture, cut } = compiled;
  // Four bits are not those of the processor, which has the blocks of the file.
  const arithmetic = options.precision === 'int4' ? precision : options.precision;
  const model: ModelInfo = {
    name: file.name,
    fingerprint: file.fingerprint,
    layers: architecture.layers,
    width: architecture.width,
    cut,
    arithmetic: { states: arithmetic, decoding: arithmetic },
    contextLength: architecture.contextLength,
  };
  return createBackendOn(
    {
      model,
      architecture,
      tokenizer,
      cut,
      cacheBytes,
      choosePrecision: () => precision,
      graphs: async () => graphs,
      disposeGraphs: async () => graphs.dispose(),
    },
    {
      // The products of a GPU depend on how many rows there are.
      exact: false,
      keyValueBytes: options.precision === 'f16' ? 2 : 4,
      createTrunk: (tree) => createGpuTrunk(graphs, tree),
    },
  );
}
