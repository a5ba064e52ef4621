export { createOnnxBackend } from './create-onnx-backend.js';
export type { LoadProgress, OnnxBackend, OnnxBackendOptions } from './create-onnx-backend.js';
export type { CacheStats } from './backend.js';
export type { Arithmetic, Device } from './device/device.js';
export { freeMemory } from '@halfspace/onnx-runtime';
