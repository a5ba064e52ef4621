/// <reference lib="esnext.disposable" preserve="true" />
import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import {
  createRegistry,
  HalfspaceError,
  isHalfspaceError,
  type Backend,
  type KnownModel,
  type ModelInfo,
  type PluginModule,
} from '@halfspace/core';
import {
  cacheDirectory,
  compileModel,
  compileSample,
  createTokenizer,
  hasFourBits,
  isUndamaged,
  modelModule,
  openModelFile,
  resolveModel,
  type CompiledModel,
  type KvCache,
  type ModelFile,
  type Precision,
  type SourceProgress,
} from '@halfspace/model';
import { usefulThreads } from '@halfspace/onnx-runtime';
import { assertFits } from './assert-fits.js';
import { ownSubspaces } from './own-subspaces.js';
import type { CacheStats } from './backend.js';
import { chooseDevice } from './device/choose-device.js';
import { assertDevice, isHostArithmetic, type Arithmetic, type Device } from './device/device.js';
import { isGpuAtFault, isGpuFaster } from './device/faster-device.js';
import { openGpuBackend, type GpuBackend } from './device/gpu-backend.js';
import { candidatesOf, machineMemory } from './precision.js';
import { openBackend, remember, type OpenedBackend } from './open-backend.js';
import { openInWorker } from './worker/open-in-worker.js';

/**
 * Weights of the blocks that are timed, at most, or those of one: in f32 a quarter of a gigabyte of disk and memory, or as much
 * as one block. The default model has hardly more in all, so that what fits a processor's cache fits it here, too.
 */
const SAMPLE_WEIGHTS = 64 * 2 ** 20;

/** Memory for texts that are finished, where nothing else is asked for. */
const DEFAULT_CACHE_BYTES = 256 * 2 ** 20;

/** What is going on while a backend is being made ready. */
export type LoadProgress =
  | SourceProgress
  | {
      /** The model is compiled to graphs. */
      readonly phase: 'compile';
      /** Bytes of graphs that are written. */
      readonly done: number;
      /** Bytes of all of them. */
      readonly total: number;
    }
  | {
      /** It is measured which arithmetic is faster with this number of threads. */
      readonly phase: 'measure';
      /** The share done, 0 to 1. */
      readonly done: number;
      /** Always 1. */
      readonly total: number;
    };

/** Settings of {@link createOnnxBackend}. */
export interface OnnxBackendOptions {
  /** A path, a name of the catalogue, or `org/name` on the hub (default: the catalogue's first model). */
  readonly model?: string;
  /**
   * Arithmetic. `f32` is that of the weights as published; `int8` rounds weights and activations to eight bits; `int4` has the
   * four-bit weights of the file as they are (Q4_0, Q4_1, Q4_K, GPTQ, AWQ) and rounds activations to eight bits. By default
   * the fastest that fits the memory of this machine, measured once on a few blocks of the model, in seconds, and remembered;
   * a less exact one must save a tenth of the time. For the default model that moves perplexity by less than one percent.
   * On a GPU (`webgpu`) there is no `int8`; `f16`, the default where the GPU has half precision, keeps weights, keys and values in
   * that; `int4` rounds weights of any file to four bits, in blocks of 32, and no activations.
   */
  readonly precision?: Arithmetic;
  /**
   * What runs the model (default `cpu`). `webgpu` is a GPU, and is refused where there is none. `auto` is the GPU if there is one
   * and it is the faster, which is measured once for each model and machine, and the processor otherwise. `cuda`, `coreml` and
   * `dml` (DirectML) are there where ONNX Runtime has them, and are untested. On all but `cpu` the backend is not `exact`.
   */
  readonly device?: Device | 'auto';
  /** Threads of a call, a whole number from 1 (default, and the most that are used: the cores of the machine). */
  readonly threads?: number;
  /**
   * Chat template by which conversations are rendered, as text in the Jinja that transformers uses (default: that of the model).
   * For a model without one, or to have another.
   */
  readonly chatTemplate?: string;
  /**
   * Bytes of memory for keys and values of texts that are finished (default 256 MiB; 0: none), so that prompts which begin like
   * one of them are not run again from the start: those used last are kept.
   */
  readonly cacheBytes?: number;
  /**
   * Whether the model runs in a worker thread, so that this one stays free for timers, sockets and signals while it computes (default:
   * in one, unless none can be started, as in a bundle without the worker's file). `false`: it runs in this thread, which every
   * call of ONNX Runtime holds; for programs that have a worker of their own. `true`: in one or not at all.
   */
  readonly worker?: boolean;
  /**
   * How keys and values are kept: as they are computed, or rounded to 16 bits, which takes half the memory and moves what the
   * model says by a ten-thousandth of what `int8` does (default: `f16`; `f32` where the precision asked for is `f32`). On a GPU
   * they are kept as the precision has them, whatever this says.
   */
  readonly kvCache?: KvCache;
  /** Ends the loading with the error `aborted`. */
  readonly signal?: AbortSignal;
  /** Called while the model is fetched, compiled and measured; not when the cache has that. */
  readonly onProgress?: (progress: LoadProgress) => void;
  /**
   * Called once the model is found, before anything is compiled or loaded. What it throws ends that: a program that is for another
   * model need not wait to find out.
   */
  readonly onFound?: (model: KnownModel) => void;
  /**
   * Whether subspaces that the user has for the model are read (default: true): from the directory that
   * `HALFSPACE_DATA` names, or the system's place for data. Attributes of these names then use them.
   */
  readonly ownValues?: boolean;
  /** Modules with model families and sources of models besides those of `@halfspace/model`, and asked before them (default: none). */
  readonly modules?: readonly PluginModule[];
}

/** A {@link Backend} that `await using` frees at the end of its block. */
export interface OnnxBackend extends Backend {
  /** What runs the model. */
  readonly device: Device;
  /** What the cache of texts holds, and what it has been good for. */
  cacheStats(): CacheStats;
  /** As `dispose`. */
  [Symbol.asyncDispose](): Promise<void>;
}

/**
 * Finds, fetches, compiles and loads a model. What was done before is taken from the cache.
 *
 * @throws HalfspaceError `bad-option`, `model-not-found`, `download-failed`, `checksum-mismatch`, `corrupt-model`,
 * `unsupported-model`, `bad-subspace`, `bad-chat-template`, `disk-full`, `out-of-memory`, `backend-failed`, `worker-unavailable`, `aborted`; as `createRegistry` for modules, and `plugin-failed`
 * where what one has bound fails
 */
export async function createOnnxBackend(options: OnnxBackendOptions = {}): Promise<OnnxBackend> {
  const { signal, onProgress } = options;
  const threads = usefulThreads(options.threads);
  const device = options.device ?? 'cpu';
  assertDevice(device, options.precision);
  if (options.kvCache !== undefined) assertKvCache(options.kvCache);
  const cacheBytes = checkedBytes(options.cacheBytes ?? DEFAULT_CACHE_BYTES);
  const inWorker = checkedFlag(options.worker);
  const registry = await createRegistry([...(options.modules ?? []), modelModule]);
  const cache = cacheDirectory();
  const { path } = await resolveModel(options.model, {
    registry,
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
  });
  const file = await openModelFile(path);
  const samples = join(cache, `sample-${randomUUID()}`);
  let gpu: GpuBackend | undefined;
  try {
    const own = options.ownValues === false ? {} : await ownSubspaces(file.fingerprint);
    options.onFound?.({ name: file.name, fingerprint: file.fingerprint, ...own });
    const { chatTemplate } = options;
    const makeTokenizer = async () =>
      createTokenizer(file, { ...(chatTemplate !== undefined && { chatTemplate }) });
    const { fingerprint } = file;
    const choice = await chooseDevice({ device, precision: options.precision, threads, cache, fingerprint });
    // On a GPU, weights of any file are rounded to four bits.
    const isForGpuAlone = choice.host === undefined || (options.precision === 'int4' && !isInFourBits(file));
    if (choice.gpu !== undefined)
      gpu = await openGpuBackend({
        file,
        tokenizer: await makeTokenizer(),
        precision: choice.gpu,
        cache,
        cacheBytes,
        registry,
        signal,
        onProgress: (_, bytes) => onProgress?.({ phase: 'compile', ...bytes }),
      }).catch((error: unknown) => {
        // The processor may have what the GPU lacks, such as memory.
        if (isForGpuAlone || !isGpuAtFault(error)) throw error;
        return undefined;
      });
    const close = async () => file.close();
    if (gpu !== undefined && isForGpuAlone) return disposable(gpu, 'webgpu', close, own);
    if (options.precision === 'int4') assertFourBits(file);
    const { host = 'cpu' } = choice;
    const precision = hostPrecision(options.precision, host);
    const { kvCache = precision === 'f32' ? 'f32' : 'f16' } = options;
    const compiled = new Map<Precision, Promise<CompiledModel>>();
    const compile = async (precision: Precision) =>
      remember(compiled, precision, async () => {
        await assertFits(file, precision, { cache, registry });
        return compileModel(file, {
          precision,
          kvCache,
          cache,
          registry,
          ...(signal && { signal }),
          onProgress: (_, bytes) => onProgress?.({ phase: 'compile', ...bytes }),
        });
      });
    const tools = {
      compile,
      async compileAgain(precision: Precision) {
        const model = await compile(precision);
        // Memory may be short, or the runtime another: graphs that have the bytes they were made with are not to blame.
        if (await isUndamaged(model)) return undefined;
        // Damage that the cache did not notice.
        await rm(dirname(model.head), { recursive: true, force: true });
        compiled.delete(precision);
        return compile(precision);
      },
      compileSample: async (precision: Precision) =>
        compileSample(
          file,
          { precision, cache: samples, registry, ...(signal && { signal }) },
          SAMPLE_WEIGHTS,
        ),
      ...(signal && { signal }),
      onMeasured: (share: number) => onProgress?.({ phase: 'measure', done: share, total: 1 }),
    };
    const request = {
      name: file.name,
      fingerprint: file.fingerprint,
      cache,
      threads,
      cacheBytes,
      candidates: candidatesOf(file, await machineMemory()),
      ...(precision !== undefined && { precision }),
      provider: host,
    };
    const openHere = async () => openBackend(request, { ...tools, tokenizer: await makeTokenizer() });
    const openThere = async () => openInWorker(request, { ...tools, makeTokenizer });
    const backend =
      inWorker === false
        ? await openHere()
        : await openThere().catch(async (error: unknown) => {
            if (inWorker === true || !isHalfspaceError(error, 'worker-unavailable')) throw error;
            return openHere();
          });
    if (gpu === undefined) return disposable(backend, host, close, own);
    const isFaster = await isGpuFaster(gpu, backend);
    await choice.remember(isFaster ? 'webgpu' : 'cpu');
    await (isFaster ? backend : gpu).dispose();
    return isFaster ? disposable(gpu, 'webgpu', close, own) : disposable(backend, host, close, own);
  } catch (error) {
    await gpu?.dispose();
    await file.close();
    throw error;
  } finally {
    await rm(samples, { recursive: true, force: true });
  }
}

function disposable(
  backend: OpenedBackend,
  device: Device,
  close: () => Promise<void>,
  own: Pick<ModelInfo, 'subspaces'>,
): OnnxBackend {
  let ending: Promise<void> | undefined;
  const dispose = async () => (ending ??= backend.dispose().finally(close));
  return { ...backend, model: { ...backend.model, ...own }, device, dispose, [Symbol.asyncDispose]: dispose };
}

/** Arithmetic of graphs for the processor; undefined where it is to be measured which is faster. */
function hostPrecision(asked: Arithmetic | undefined, host: Device): Precision | undefined {
  if (asked !== undefined && isHostArithmetic(asked)) return asked;
  return host === 'cpu' ? undefined : 'f32';
}

function checkedBytes(bytes: unknown): number {
  if (typeof bytes === 'number' && bytes >= 0) return bytes;
  throw new HalfspaceError('bad-option', 'The option cacheBytes is a number of bytes, at least 0.');
}

function checkedFlag(worker: unknown): boolean | undefined {
  if (worker === undefined || typeof worker === 'boolean') return worker;
  throw new HalfspaceError('bad-option', 'The option worker is true or false.');
}

function assertKvCache(kvCache: string): void {
  if (kvCache !== 'f32' && kvCache !== 'f16')
    throw new HalfspaceError('bad-option', `The option kvCache is f32 or f16; got ${kvCache}.`);
}

function isInFourBits({ tensors }: ModelFile): boolean {
  return [...tensors.values()].some(hasFourBits);
}

function assertFourBits(file: ModelFile): void {
  if (isInFourBits(file)) return;
  throw new HalfspaceError(
    'bad-option',
    `${file.name} has no four-bit weights that int4 could take as they are (Q4_0, Q4_1, Q4_K, GPTQ or AWQ). Take another file of the model, or the precision int8.`,
  );
}
