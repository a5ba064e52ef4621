export { readQueuedPlan } from './queued-plan.js';
export { runQueued } from './run-queued.js';
export type { RunQueuedOptions } from './run-queued.js';
export type { OnNotice } from './connect.js';
export { workQueue } from './work-queue.js';
export type { WorkQueueOptions } from './work-queue.js';
