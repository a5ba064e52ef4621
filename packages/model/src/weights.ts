import { HalfspaceError } from '@halfspace/core';
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
  readonly shape: readonly number[];
  readonly type: TensorType;
}

/** A model on disk, opened but not loaded: tensors are read one at a time. The caller closes it. */
export interface ModelFile {
  readonly format: 'gguf' | 'safetensors';
  /** Name for people. */
  readonly name: string;
  /** Absolute path of the GGUF file, or of the directory that holds the safetensors. */
  readonly path: string;
  /** sha-256 (hex) of the weights as published; of several shards: of their sha-256s, in order of name. */
  readonly fingerprint: string;
  /** GGUF key/values; for safetensors the entries of config.json. */
  readonly metadata: ReadonlyMap<string, MetadataValue>;
  readonly tensors: ReadonlyMap<string, WeightTensor>;
  /**
   * A tensor as float32, dequantised, in the file's own element order.
   *
   * @throws HalfspaceError `unknown-tensor`; `unsupported-model` when it holds integers; `corrupt-model`
   * when the file was cut short meanwhile; `closed-model`
   */
  readF32(name: string): Promise<Float32Array>;
  /**
   * A tensor's bytes as stored, quantised blocks and all.
   *
   * @throws HalfspaceError `unknown-tensor`, `corrupt-model`, `closed-model`
   */
  readRaw(name: string): Promise<Uint8Array>;
  /** Gives the files back. Idempotent. */
  close(): Promise<void>;
}

/**
 * Opens a model: a GGUF file, a safetensors file (or its index), or a directory with either. Reads the
 * header only, and the whole file once for its fingerprint, which is remembered in the cache directory.
 *
 * @throws HalfspaceError `model-not-found`, `corrupt-model`, `unsupported-model`
 */
export async function openModelFile(path: string): Promise<ModelFile> {
  throw new HalfspaceError('unsupported-model', `Cannot read ${path} yet.`);
}
