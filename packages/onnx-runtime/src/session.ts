import { HalfspaceError } from '@halfspace/contracts';
import { asNativeCall } from './native-calls.js';
import { ensureNoTelemetry } from './no-telemetry.js';
import { InferenceSession, type Tensor } from './runtime.js';

/** How ONNX Runtime and the system say that memory is short. */
const NO_MEMORY = /bad.?alloc|allocate memory|out of memory|not enough memory/i;

/**
 * Loads a graph with `threads` threads.
 *
 * @throws HalfspaceError `out-of-memory`, `backend-failed`
 */
export async function openSession(path: string, threads: number): Promise<InferenceSession> {
  await ensureNoTelemetry();
  return asNativeCall(async () => load(path, threads));
}

async function load(path: string, threads: number): Promise<InferenceSession> {
  try {
    return await InferenceSession.create(path, {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      graphOptimizationLevel: 'all',
      logSeverityLevel: 3,
      // Calls differ in size. Buffers that are kept for the largest of them cost memory, and save no time that can be measured.
      enableCpuMemArena: false,
      enableMemPattern: false,
      // Several graphs have threads of their own: those of one must not wait in a busy loop, taking the
      // processor, while the other works. This alone halves the time of a token on two cores.
      extra: { session: { force_spinning_stop: '1' } },
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

/**
 * Runs a graph; holds the thread until it has finished.
 *
 * @throws HalfspaceError `backend-failed`
 */
export async function runSession(
  session: InferenceSession,
  feeds: Record<string, Tensor>,
  outputs: readonly string[] = session.outputNames,
): ReturnType<InferenceSession['run']> {
  return asNativeCall(async () => {
    try {
      return await session.run(feeds, outputs);
    } catch (error) {
      throw new HalfspaceError(
        'backend-failed',
        'ONNX Runtime could not finish a call. If memory is short, close other programs or run fewer texts together.',
        { cause: error },
      );
    }
  });
}

/** The numbers of an output. */
export function floats(tensor: Tensor | undefined): Float32Array {
  if (tensor?.data instanceof Float32Array) return tensor.data;
  throw new HalfspaceError('backend-failed', 'ONNX Runtime returned no floats where floats belong.');
}
