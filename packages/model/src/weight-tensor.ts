import type { TensorType } from './tensor-type.js';

/** One value of a model file's metadata. 64-bit integers are numbers where exact, else bigints. */
export type MetadataValue =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly MetadataValue[]
  | { readonly [key: string]: MetadataValue };

/**
 * One tensor of a model file. `shape` is row-major, outermost first (PyTorch order): a linear layer is
 * [out, in].
 */
export interface WeightTensor {
  /** The file's own name, e.g. `blk.0.attn_q.weight` (GGUF) or `model.layers.0.self_attn.q_proj.weight`. */
  readonly name: string;
  /** Sizes, outermost first. */
  readonly shape: readonly number[];
  /** How its numbers are stored. */
  readonly type: TensorType;
}
