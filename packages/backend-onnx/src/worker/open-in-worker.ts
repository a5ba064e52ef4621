import type { Tokenizer } from '@halfspace/core';
import type { OpenedBackend, OpenRequest, OpenTools } from '../open-backend.js';
import { Answer } from './channel.js';
import { startWorker, type WorkerSettings } from './start-worker.js';
import { createWorkerBackend } from './worker-backend.js';

/** As of `openBackend`; the tokenizer is made while the worker starts. */
export interface WorkerTools extends Omit<OpenTools, 'tokenizer'> {
  readonly makeTokenizer: () => Promise<Tokenizer>;
}

/**
 * As `openBackend`, in a worker thread of its own.
 *
 * @throws HalfspaceError `worker-unavailable`; as `openBackend`; and what `makeTokenizer` throws
 */
export async function openInWorker(
  request: OpenRequest,
  { makeTokenizer, compile, compileSample, compileAgain, signal, onMeasured }: WorkerTools,
  limits: Pick<WorkerSettings, 'resourceLimits'> = {},
): Promise<OpenedBackend> {
  const stopped = new AbortController();
  const stop = () => stopped.abort(signal?.reason);
  // The worker would give back a copy of what was thrown here.
  let thrown: { readonly error: unknown } | undefined;
  const watched = async <T>(work: () => Promise<T>): Promise<Answer<T>> => {
    try {
      return new Answer(await work());
    } catch (error) {
      thrown ??= { error };
      throw error;
    }
  };
  const link = await startWorker({
    ...limits,
    handlers: {
      compile: async (precision) => watched(async () => compile(precision)),
      compileSample: async (precision) => watched(async () => compileSample(precision)),
      compileAgain: async (precision) => watched(async () => compileAgain(precision)),
      measured: async (share) => watched(async () => onMeasured?.(share)).finally(() => thrown && stop()),
    },
  });
  signal?.addEventListener('abort', stop);
  if (signal?.aborted) stop();
  try {
    const tokenizer = await makeTokenizer();
    const opened = await link.channel.call('open', request, stopped.signal);
    return createWorkerBackend(link, opened, tokenizer);
  } catch (error) {
    await link.end();
    throw thrown === undefined || signal?.aborted ? error : thrown.error;
  } finally {
    signal?.removeEventListener('abort', stop);
  }
}
