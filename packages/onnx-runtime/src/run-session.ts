import { HalfspaceError } from '@halfspace/contracts';
// What ONNX Runtime is in Node and in browsers alike: neither of them is loaded by it.
import type { InferenceSession, Tensor } from 'onnxruntime-common';
import { asNativeCall } from './native-calls.js';

/**
 * Runs a graph; holds the thread until it has finished.
 *
 * @param outputs - Names of what is wanted (default: all); or tensors for it by name, null where the runtime makes one.
 * @throws HalfspaceError `backend-failed`
 */
export async function runSession(
  session: InferenceSession,
  feeds: Record<string, Tensor>,
  outputs: readonly string[] | Readonly<Record<string, Tensor | null>> = session.outputNames,
): ReturnType<InferenceSession['run']> {
  return asNativeCall(async () => {
    try {
      return await session.run(feeds, outputs as readonly string[]);
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
