// The order counts: what the runtime reads of its environment must stand there before it is loaded.
import './no-telemetry.js';

// oxlint-disable-next-line no-restricted-imports -- the one place
export { InferenceSession, Tensor } from 'onnxruntime-node';
