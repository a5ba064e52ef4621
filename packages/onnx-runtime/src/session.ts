import { HalfspaceError } from '@halfspace/contracts';
import { asNativeCall } from './native-calls.js';
import { ensureNoTelemetry } from './no-telemetry.js';
import { InferenceSession } from './runtime.js';

/** How ONNX Runtime and the system say that memory is short. */
const NO_MEMORY = /bad.?alloc|allocate memory|out of memory|not enough memory/i;

/** What runs a graph, by the names of ONNX Runtime; which of them there are depends on the system and on how it was built. */
export type Provider = 'cpu' | 'webgpu' | 'cuda' | 'coreml' | 'dml';

/** Settings of {@link openSession}. */
export interface SessionOptions {
  /** What runs the graph (default `cpu`). What it cannot run, the processor does. */
  readonly provider?: Provider;
  /** Whether outputs stay in the memory of a GPU, as tensors whose `location` is `gpu-buffer` (default false). */
  readonly keepsOnDevice?: boolean;
  /** Refuses a graph of which the processor would have to run a part (default false). */
  readonly strict?: boolean;
}

/**
 * Loads a graph with `threads` threads.
 *
 * @param graph - A path, or the bytes of one that has all its constants in it.
 * @throws HalfspaceError `out-of-memory`, `backend-failed`
 */
export async function openSession(
  graph: string | Uint8Array,
  threads: number,
  { provider = 'cpu', keepsOnDevice = false, strict = false }: SessionOptions = {},
): Promise<InferenceSession> {
  await ensureNoTelemetry();
  return asNativeCall(async () => load(graph, threads, { provider, keepsOnDevice, strict }));
}

async function load(
  graph: string | Uint8Array,
  threads: number,
  { provider, keepsOnDevice, strict }: Required<SessionOptions>,
): Promise<InferenceSession> {
  const path = typeof graph === 'string' ? graph : 'a graph';
  try {
    return await createSession(graph, {
      ...(provider !== 'cpu' && { executionProviders: [provider] }),
      ...(keepsOnDevice && { preferredOutputLocation: 'gpu-buffer' }),
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
      // Calls differ in size. Buffers that are kept for the largest of them cost memory, and save no time that can be measured.
      enableCpuMemArena: false,
      enableMemPattern: false,
      // Several graphs have threads of their own: those of one must not wait in a busy loop, taking the
      // processor, while the other works. This alone halves the time of a token on two cores.
      extra: { session: { force_spinning_stop: '1', ...(strict && { disable_cpu_ep_fallback: '1' }) } },
    });
  } catch (error) {
    if (NO_MEMORY.test(String((error as Error).message)))
      throw new HalfspaceError(
        'out-of-memory',
        `There is too little memory to load ${path}. Close other programs, or take a smaller model or the precision int8.`,
        { cause: error },
      );
    throw new HalfspaceError(
      'backend-failed',
      `ONNX Runtime could not load ${path}. If memory is short, close other programs; otherwise remove the file, and it will be compiled again.`,
      { cause: error },
    );
  }
}

async function createSession(
  graph: string | Uint8Array,
  options: Parameters<typeof InferenceSession.create>[1],
): Promise<InferenceSession> {
  return typeof graph === 'string'
    ? InferenceSession.create(graph, options)
    : InferenceSession.create(graph, options);
}
