import { HalfspaceError, throwIfAborted } from '@halfspace/core';
import type { ModelFile } from '../model-file.js';
import type { Bytes } from '../onnx/graph.js';
import type { Architecture } from './architecture.js';
import { architectureOf, buildGraphs, GRAPHS } from './build-graphs.js';
import type { Precision } from './precision.js';
import { cutOf, type KvCache } from './trunk.js';

/** Bytes that a graph's constants begin at a multiple of, as in a file. */
const ALIGNMENT = 4096;

/** Name by which graphs refer to the bytes of their large constants. */
export const WEIGHTS_NAME = 'weights.bin';

/** Settings of {@link buildLanguageModel}. */
export interface BuildOptions {
  /** Arithmetic of the graphs (default `f32`). */
  readonly precision?: Precision;
  /** How keys and values are kept between calls (default `f32`). */
  readonly kvCache?: KvCache;
  /** Ends the run with the error `aborted`. */
  readonly signal?: AbortSignal;
  /** Called with the bytes of constants that are made, and those that there will be. */
  readonly onProgress?: (bytes: { readonly done: number; readonly total: number }) => void;
}

/** A model as ONNX graphs in memory. */
export interface BuiltModel {
  /** The model's sizes. */
  readonly architecture: Architecture;
  /** Blocks in the lower part of the trunk. */
  readonly cut: number;
  /** The graph of the trunk's lower part, from the tokens on. */
  readonly lower: Uint8Array;
  /** The graph of its upper part, to the final norm. */
  readonly upper: Uint8Array;
  /** The output head's graph. */
  readonly head: Uint8Array;
  /** What all three refer to as {@link WEIGHTS_NAME}. */
  readonly weights: Uint8Array;
}

/**
 * Compiles a language model to ONNX graphs without a disk: tensors in, bytes out. The tensors are read one by one.
 *
 * @throws HalfspaceError `unsupported-model`; `corrupt-model`, also when a weight is not finite; `out-of-memory`; `aborted`
 */
export async function buildLanguageModel(
  model: ModelFile,
  { precision = 'f32', kvCache = 'f32', signal, onProgress }: BuildOptions = {},
): Promise<BuiltModel> {
  const architecture = await architectureOf(model);
  // Built once without what is large, to know how much that is.
  let total = 0;
  await buildGraphs(model, architecture, precision, kvCache, {
    location: WEIGHTS_NAME,
    append: async (_, length) => {
      const offset = total;
      total += Math.ceil(length / ALIGNMENT) * ALIGNMENT;
      return offset;
    },
  });
  const weights = roomFor(total, model.name, precision);
  let end = 0;
  async function append(data: Bytes, length: number): Promise<number> {
    // Constants may be given together: each has its place before anything is waited for.
    const offset = end;
    end += Math.ceil(length / ALIGNMENT) * ALIGNMENT;
    let at = offset;
    for await (const part of data instanceof Uint8Array ? [data] : data) {
      throwIfAborted(signal);
      weights.set(part, at);
      at += part.length;
      onProgress?.({ done: at, total });
    }
    return offset;
  }
  const graphs = await buildGraphs(model, architecture, precision, kvCache, {
    location: WEIGHTS_NAME,
    append,
  });
  const { lower, upper, head } = GRAPHS;
  return {
    architecture,
    cut: cutOf(architecture),
    lower: graphs[lower] as Uint8Array,
    upper: graphs[upper] as Uint8Array,
    head: graphs[head] as Uint8Array,
    weights,
  };
}

function roomFor(bytes: number, name: string, precision: Precision): Uint8Array {
  try {
    return new Uint8Array(bytes);
  } catch (cause) {
    throw new HalfspaceError(
      'out-of-memory',
      `${name} in ${precision} needs ${(bytes / 1e9).toFixed(2)} GB of memory, and they are not to be had. Close other programs, or take a smaller model.`,
      { cause },
    );
  }
}
