export { createSentenceEncoder } from './sentence-encoder.js';
export type { EncoderProgress, SentenceEncoder, SentenceEncoderOptions } from './sentence-encoder.js';
export { createTextClassifier } from './text-classifier.js';
export type { TextClassifier, TextClassifierOptions } from './text-classifier.js';
