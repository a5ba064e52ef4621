export { assertMemoryFor, freeMemory } from './free-memory.js';
export { asNativeCall, gateNativeCalls, type NativeCallGate } from './native-calls.js';
export { ensureNoTelemetry } from './no-telemetry.js';
export { InferenceSession, Tensor } from './runtime.js';
export { floats, runSession } from './run-session.js';
export { openSession } from './session.js';
export type { Provider, SessionOptions } from './session.js';
export { usefulThreads } from './threads.js';
