export { assertMemoryFor, freeMemory } from './free-memory.js';
export { asNativeCall, gateNativeCalls, type NativeCallGate } from './native-calls.js';
export { ensureNoTelemetry } from './no-telemetry.js';
export { InferenceSession, Tensor } from './runtime.js';
export { floats, openSession, runSession } from './session.js';
export type { Provider, SessionOptions } from './session.js';
export { usefulThreads } from './threads.js';
