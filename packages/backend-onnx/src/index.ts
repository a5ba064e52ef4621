export { createOnnxBackend } from './create-onnx-backend.js';
export type { LoadProgress, OnnxBackendOptions } from './create-onnx-backend.js';
