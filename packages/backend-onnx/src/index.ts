export { createOnnxBackend } from './create-onnx-backend.js';
export { createSentenceEncoder } from './sentence-encoder.js';
export { createTextClassifier } from './text-classifier.js';
export type { TextClassifier, TextClassifierOptions } from './text-classifier.js';
export type { SentenceEncoder, SentenceEncoderOptions } from './sentence-encoder.js';
export type { LoadProgress, OnnxBackendOptions } from './create-onnx-backend.js';
