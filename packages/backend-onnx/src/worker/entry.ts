// What the worker thread runs.
import { parentPort, workerData } from 'node:worker_threads';
import { gateOf } from './exit-gate.js';

const gate = gateOf((workerData as { readonly gate: Int32Array }).gate);
const port = parentPort;
try {
  // Loads ONNX Runtime, which must have come to its end when the thread does: the gate is entered already.
  const [{ serveBackend }, { gateNativeCalls }] = await Promise.all([
    import('./serve-backend.js'),
    import('@halfspace/onnx-runtime'),
  ]);
  gateNativeCalls(gate);
  if (port !== null) serveBackend(port, { onDisposing: () => gate.close(), onDisposed: () => port.close() });
} finally {
  gate.leave();
}
