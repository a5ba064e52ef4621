import { HalfspaceError, throwIfAborted, type Backend } from '@halfspace/core';
import { createWorkerBackend } from '@halfspace/backend-onnx/engine';
import { createGgufTokenizer, openGgufSource } from '@halfspace/model/browser';
import type { ModelChoice, OpenModelRequest, WebLoadProgress } from './protocol.js';
import { startWorker } from './start-worker.js';
import { blobSource } from './storage/blob-source.js';
import { usefulThreads } from './threads.js';

/** Memory for texts that are finished, where nothing else is asked for. */
const DEFAULT_CACHE_BYTES = 64 * 2 ** 20;

/** Settings of {@link createWebBackend}. */
export interface WebBackendOptions {
  /** A GGUF file: its address, a file that the user has chosen, or one of {@link listStoredModels}. */
  readonly model: ModelChoice;
  /** Name for people (default: that of the file). */
  readonly name?: string;
  /** sha-256 (hex) that the file must have (default: it may have any). */
  readonly sha256?: string;
  /** Whether the browser's storage keeps the model for the next visit (default: true). */
  readonly keep?: boolean;
  /** Threads of a call, a whole number from 1 (default, and the most that are used: the cores of the machine). */
  readonly threads?: number;
  /** Chat template by which conversations are rendered, in the Jinja that transformers uses (default: that of the model). */
  readonly chatTemplate?: string;
  /** Bytes of memory for texts that are finished (default 64 MiB; 0: none), so that prompts that begin like one go on from it. */
  readonly cacheBytes?: number;
  /** Ends the loading with the error `aborted`. */
  readonly signal?: AbortSignal;
  /** Called while the model is fetched, hashed, compiled and loaded. */
  readonly onProgress?: (progress: WebLoadProgress) => void;
  /** Starts the script of `@halfspace/backend-web/worker` (default: as a module that lies beside this one, which most bundlers see to). */
  readonly worker?: () => Worker;
  /**
   * Address of the folder that has `ort-wasm-simd-threaded.mjs` and `ort-wasm-simd-threaded.wasm` of onnxruntime-web (default:
   * `ort/` beside the page).
   */
  readonly runtime?: string | URL;
}

/** A {@link Backend} that runs in a worker of a page. */
export interface WebBackend extends Backend {
  /** Threads of a call. */
  readonly threads: number;
  /** What does not go as well as it could, each a sentence that says what to do: for the user to read. */
  readonly warnings: readonly string[];
}

/** Addresses as they are sent to a worker, whose own address is another. */
function absolute(address: string | URL, what: string): string {
  try {
    return new URL(address, globalThis.document?.baseURI ?? globalThis.location?.href).href;
  } catch (cause) {
    throw new HalfspaceError('bad-option', `The option ${what} is no address: ${String(address)}.`, {
      cause,
    });
  }
}

function runtimeOf(folder: string | URL = 'ort/'): OpenModelRequest['runtime'] {
  const base = absolute(folder, 'runtime').replace(/\/?$/, '/');
  const at = (ending: string) => `${base}ort-wasm-simd-threaded.${ending}`;
  return { mjs: at('mjs'), wasm: at('wasm') };
}

function checkedBytes(bytes: unknown): number {
  if (typeof bytes === 'number' && bytes >= 0) return bytes;
  throw new HalfspaceError('bad-option', 'The option cacheBytes is a number of bytes, at least 0.');
}

/**
 * Fetches a model or takes it from the browser's storage, compiles it and runs it in a worker, in `f32`: the graphs are those
 * that `@halfspace/backend-onnx` runs, and so are the texts.
 *
 * @throws HalfspaceError `bad-option`, `model-not-found`, `model-not-readable`, `download-failed`, `checksum-mismatch`,
 * `corrupt-model`, `unsupported-model`, `bad-chat-template`, `disk-full`, `out-of-memory`, `runtime-missing`, `backend-failed`,
 * `worker-unavailable`, `worker-lost`, `aborted`
 */
export async function createWebBackend(options: WebBackendOptions): Promise<WebBackend> {
  const { signal, name, sha256, chatTemplate } = options;
  const { count: threads, warning } = usefulThreads(options.threads);
  const cacheBytes = checkedBytes(options.cacheBytes ?? DEFAULT_CACHE_BYTES);
  const runtime = runtimeOf(options.runtime);
  const { model } = options;
  const choice = typeof model === 'string' || model instanceof URL ? absolute(model, 'model') : model;
  throwIfAborted(signal);
  const create =
    options.worker ?? (() => new Worker(new URL('./worker.js', import.meta.url), { type: 'module' }));
  const { channel, link } = await startWorker(create, (progress) => options.onProgress?.(progress));
  try {
    const request = { model: choice, keep: options.keep ?? true };
    const found = await channel.call(
      'findModel',
      { ...request, ...(name !== undefined && { name }), ...(sha256 !== undefined && { sha256 }) },
      signal,
    );
    const file = await openGgufSource(blobSource(found.file, found.name), found);
    // Its faults show before the model is compiled.
    const tokenizer = createGgufTokenizer(file, { ...(chatTemplate !== undefined && { chatTemplate }) });
    const opened = await channel.call('openModel', { threads, cacheBytes, runtime }, signal);
    const backend: Backend = createWorkerBackend(link, opened, tokenizer);
    return {
      ...backend,
      threads,
      warnings: [...(warning === undefined ? [] : [warning]), ...found.warnings],
    };
  } catch (error) {
    await link.end();
    throw error;
  }
}
