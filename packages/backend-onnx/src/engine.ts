// What runs a model wherever ONNX Runtime does: nothing of it is of Node. For backends of other runtimes.
export { createBackend } from './backend.js';
export type { BackendParts, CacheStats, HostParts } from './backend.js';
export { createGraphs } from './graphs.js';
export type { GraphParts, Graphs, HeadGraph, HeadResult, TrunkResult } from './graphs.js';
export { handlersOf } from './worker/backend-handlers.js';
export type { BackendHandlers } from './worker/backend-handlers.js';
export { Answer, openChannel } from './worker/channel.js';
export type { Calls, Channel, Handlers, Line } from './worker/channel.js';
export type { Opened, WorkerCalls } from './worker/protocol.js';
export { createWorkerBackend } from './worker/worker-backend.js';
export type { WorkerLink } from './worker/worker-backend.js';
