import { HalfspaceError, throwIfAborted } from '@halfspace/core';
import { createGraphs, type Graphs } from '@halfspace/backend-onnx/engine';
import { WEIGHTS_NAME, type BuiltModel } from '@halfspace/model/browser';
import { env, InferenceSession } from 'onnxruntime-web/wasm';
import type { OpenModelRequest } from '../protocol.js';

/** Timers and messages have their turn before it ends, without the delay of a timer. */
async function macrotask(): Promise<void> {
  const { port1, port2 } = new MessageChannel();
  await new Promise<void>((resolve) => {
    port1.onmessage = () => resolve();
    port2.postMessage(undefined);
  });
  port1.close();
}

/** Where ONNX Runtime's own files are, and how many threads it has: for all that follows. */
export function setUpRuntime({ runtime, threads }: Pick<OpenModelRequest, 'runtime' | 'threads'>): void {
  env.wasm.wasmPaths = { ...runtime };
  env.wasm.numThreads = threads;
  env.logLevel = 'error';
}

/** How ONNX Runtime and the browser say that memory is short. */
const NO_MEMORY = /bad.?alloc|allocat|out of memory|not enough memory|memory access|array buffer/i;

function explain(error: unknown, runtime: string): HalfspaceError {
  const message = String((error as Error)?.message ?? error);
  if (
    /no available backend|webassembly|wasm.*(?:fetch|compile|instantiat)|dynamically imported/i.test(message)
  )
    return new HalfspaceError(
      'runtime-missing',
      `ONNX Runtime could not be loaded from ${runtime} (${message.split('\n', 1)[0]}). Serve the files ort-wasm-simd-threaded.mjs and ort-wasm-simd-threaded.wasm of onnxruntime-web there, or name their folder by the option runtime; a Content-Security-Policy must allow 'wasm-unsafe-eval'.`,
      { cause: error },
    );
  if (NO_MEMORY.test(message) || typeof error === 'number')
    return new HalfspaceError(
      'out-of-memory',
      'There is too little memory for the model: a page can have four gigabytes at most. Close other tabs, or take a smaller model.',
      { cause: error },
    );
  return new HalfspaceError('backend-failed', `ONNX Runtime could not load the model: ${message}.`, {
    cause: error,
  });
}

/**
 * Loads the graphs of a model. Its weights are copied out of `built`, which can be forgotten afterwards.
 *
 * @param onLoaded - Called with the number of graphs that are loaded, of three.
 * @throws HalfspaceError `runtime-missing`, `out-of-memory`, `backend-failed`, `aborted`
 */
export async function loadGraphs(
  built: BuiltModel,
  runtime: string,
  signal: AbortSignal,
  onLoaded: (count: number) => void,
): Promise<Graphs> {
  const sessions: InferenceSession[] = [];
  const dispose = async () => {
    await Promise.all(sessions.splice(0).map(async (session) => session.release()));
  };
  try {
    for (const graph of [built.lower, built.upper, built.head]) {
      sessions.push(
        await InferenceSession.create(graph, {
          executionProviders: ['wasm'],
          graphOptimizationLevel: 'all',
          enableCpuMemArena: false,
          enableMemPattern: false,
          externalData: [{ path: WEIGHTS_NAME, data: built.weights }],
        }),
      );
      throwIfAborted(signal);
      onLoaded(sessions.length);
    }
  } catch (error) {
    await dispose().catch(() => undefined);
    throwIfAborted(signal);
    throw explain(error, runtime);
  }
  const [lower, upper, head] = sessions as [InferenceSession, InferenceSession, InferenceSession];
  const { architecture, cut } = built;
  return createGraphs({ architecture, cut, sessions: { lower, upper, head }, macrotask, dispose });
}
