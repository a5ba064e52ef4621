export { blockBytes, blockElements, byteLength } from './tensor-type.js';
export type { TensorType } from './tensor-type.js';
export { openModelFile } from './weights.js';
export type { MetadataValue, ModelFile, WeightTensor } from './weights.js';
