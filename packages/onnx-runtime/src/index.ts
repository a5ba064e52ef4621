export { assertMemoryFor } from './free-memory.js';
export { InferenceSession, Tensor } from './runtime.js';
export { floats, openSession, runSession } from './session.js';
export { usefulThreads } from './threads.js';
