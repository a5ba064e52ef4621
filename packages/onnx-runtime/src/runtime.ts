// The order counts: what the runtime reads of its environment must stand there before it is loaded.
import './no-telemetry.js';
import { HalfspaceError } from '@halfspace/contracts';
// oxlint-disable-next-line no-restricted-imports -- the one place
import type * as Ort from 'onnxruntime-node';

// It is an optional dependency: its install script downloads, and npm leaves it out where that fails.
// oxlint-disable-next-line no-restricted-imports -- the one place
const runtime = await import('onnxruntime-node').catch((cause: unknown) => {
  throw new HalfspaceError(
    'runtime-missing',
    `ONNX Runtime could not be loaded (${(cause as Error).message.split('\n', 1)[0]}). If npm left it out because its install script could not download, install it without that script: ONNXRUNTIME_NODE_INSTALL=skip npm install onnxruntime-node@1.30.0. What the script downloads is for CUDA alone.`,
    { cause },
  );
});

/** A graph that is loaded. */
export const InferenceSession = runtime.InferenceSession;
export type InferenceSession = Ort.InferenceSession;
/** Numbers in a shape. */
export const Tensor = runtime.Tensor;
export type Tensor = Ort.Tensor;
