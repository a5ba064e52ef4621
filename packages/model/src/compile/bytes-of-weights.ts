import { isFourBitType } from '../four-bit.js';
import type { WeightTensor } from '../weight-tensor.js';
import type { Precision } from './precision.js';

/** Bytes of a weight; with blocks come their scales, and what the runtime keeps of their zeros. */
const BYTES = { f32: 4, int8: 1.125, int4: 0.8 } as const;

/** Whether a tensor has four bits in the file, so that it can have them in the graphs. */
export function hasFourBits({ type }: Pick<WeightTensor, 'type'>): boolean {
  return isFourBitType(type) || type === 'GPTQ4' || type === 'AWQ4';
}

/** The bytes that the weights of a model take in an arithmetic, about. */
export function bytesOfWeights(
  { tensors }: { readonly tensors: ReadonlyMap<string, Pick<WeightTensor, 'shape' | 'type'>> },
  precision: Precision,
): number {
  return [...tensors.values()].reduce((sum, tensor) => {
    const { shape } = tensor;
    const numbers = shape.reduce((a, b) => a * b, 1);
    const kind = shape.length < 2 ? 'f32' : precision === 'int4' && !hasFourBits(tensor) ? 'int8' : precision;
    return sum + numbers * BYTES[kind];
  }, 0);
}
