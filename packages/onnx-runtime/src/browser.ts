// What needs no Node: sessions are opened by whoever has ONNX Runtime for the browser.
export { asNativeCall } from './native-calls.js';
export { floats, runSession } from './run-session.js';
export { Tensor } from 'onnxruntime-common';
export type { InferenceSession } from 'onnxruntime-common';
