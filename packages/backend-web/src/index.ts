export { createWebBackend } from './create-web-backend.js';
export type { WebBackend, WebBackendOptions } from './create-web-backend.js';
export type { ModelChoice, WebLoadProgress } from './protocol.js';
export { listStoredModels, removeStoredModel } from './storage/model-store.js';
export type { StoredModel } from './storage/model-store.js';
