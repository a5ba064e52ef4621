import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HalfspaceError } from '@halfspace/contracts';
import {
  cacheDirectory,
  compileEncoder,
  createTextTokenizer,
  ENCODER,
  openModelFile,
  resolveModel,
  type ModelFile,
  type SourceProgress,
} from '@halfspace/model';
import {
  assertMemoryFor,
  floats,
  openSession,
  runSession,
  Tensor,
  usefulThreads,
} from '@halfspace/onnx-runtime';
import { runEvenly } from './even-batches.js';

/** What is going on while an encoder is being made ready. */
export type EncoderProgress =
  | SourceProgress
  | {
      /** The model is compiled to a graph. */
      readonly phase: 'compile';
      /** Bytes of the graph that are written. */
      readonly done: number;
      /** Bytes of all of it. */
      readonly total: number;
    };

/** Settings of {@link createSentenceEncoder}. */
export interface SentenceEncoderOptions {
  /** A path, a name of the catalogue, or `org/name` on the hub (default: all-MiniLM-L6-v2). */
  readonly model?: string;
  /** Threads of a call, a whole number from 1 (default, and the most that are used: the cores of the machine). */
  readonly threads?: number;
  /** Ends the loading with the error `aborted`. */
  readonly signal?: AbortSignal;
  /** Called while the model is fetched and compiled; not when the cache has that. */
  readonly onProgress?: (progress: EncoderProgress) => void;
}

/** Turns texts into vectors: of similar texts, similar ones. The caller disposes of it. */
export interface SentenceEncoder {
  /** Name of the model. */
  readonly name: string;
  /** sha-256 (hex) of its weights as published. */
  readonly fingerprint: string;
  /** Numbers that its weights have. */
  readonly parameters: number;
  /** Numbers in a vector. */
  readonly width: number;
  /** Most tokens of a text; what goes beyond is cut off. */
  readonly contextLength: number;
  /**
   * A vector of length 1 for each text, in their order. On one machine a text has the same vector, bit for bit,
   * whatever it is encoded with.
   *
   * @throws HalfspaceError `aborted`, `disposed`, `backend-failed`
   */
  encode(
    texts: readonly string[],
    options?: {
      /** Ends the call with the error `aborted`. */
      readonly signal?: AbortSignal;
    },
  ): Promise<Float32Array[]>;
  /** Gives the memory back. Idempotent. */
  dispose(): Promise<void>;
}

/**
 * Finds, fetches, compiles and loads a sentence encoder. What was done before is taken from the cache.
 *
 * @throws HalfspaceError `bad-option`, `model-not-found`, `download-failed`, `checksum-mismatch`, `corrupt-model`,
 * `unsupported-model`, `disk-full`, `cache-not-writable`, `out-of-memory`, `backend-failed`, `aborted`
 */
export async function createSentenceEncoder(options: SentenceEncoderOptions = {}): Promise<SentenceEncoder> {
  const { model: spec = 'all-minilm-l6-v2', signal, onProgress } = options;
  const threads = usefulThreads(options.threads);
  const { path } = await resolveModel(spec, { ...(signal && { signal }), ...(onProgress && { onProgress }) });
  const file = await openModelFile(path);
  try {
    const compiled = await compileEncoder(file, {
      cache: cacheDirectory(),
      ...(signal && { signal }),
      onProgress: (_, bytes) => onProgress?.({ phase: 'compile', ...bytes }),
    });
    const { width, contextLength, vocabulary } = compiled.architecture;
    const tokenizer = await createTextTokenizer(file.path, vocabulary);
    const names = await readdir(dirname(compiled.path));
    await assertMemoryFor(
      'The sentence encoder',
      names.map((name) => join(dirname(compiled.path), name)),
    );
    const session = await openSession(compiled.path, threads);
    let disposed = false;

    return {
      name: file.name,
      fingerprint: file.fingerprint,
      parameters: parametersOf(file),
      width,
      contextLength,
      async encode(texts, { signal: stop } = {}) {
        const tokens = texts.map((text) => tokenizer.encode(text, contextLength));
        return runEvenly(tokens, stop, async (rows, shape) => {
          if (disposed)
            throw new HalfspaceError('disposed', 'The sentence encoder was disposed of. Make another one.');
          const feeds = { [ENCODER.tokens]: new Tensor('int32', Int32Array.from(rows), shape) };
          return floats((await runSession(session, feeds))[ENCODER.vectors]);
        });
      },
      async dispose() {
        if (disposed) return;
        disposed = true;
        await session.release();
      },
    };
  } finally {
    await file.close();
  }
}

function parametersOf({ tensors }: ModelFile): number {
  return [...tensors.values()]
    .filter(({ type }) => !type.startsWith('I'))
    .reduce((sum, { shape }) => sum + shape.reduce((product, size) => product * size, 1), 0);
}
