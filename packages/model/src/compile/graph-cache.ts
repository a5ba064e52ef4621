import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { throwIfAborted } from '@halfspace/core';
import { explainWriteError } from '../cache.js';
import type { WeightSink } from '../onnx/graph.js';
import { writeWeightFile } from '../onnx/weight-file.js';
import type { ModelFile } from '../weights.js';
import type { Precision } from './linear.js';
import { ensureDirectory } from './whole-directory.js';

/** Raised whenever the graphs change, so that older ones are not used any more. */
const COMPILER_VERSION = 12;

const WEIGHTS_FILE = 'weights.bin';

/** Settings of {@link compileModel} and {@link compileEncoder}. */
export interface CompileOptions {
  /** Arithmetic of the graphs. */
  readonly precision: Precision;
  /** Directory that keeps compiled models. */
  readonly cache: string;
  /** Ends the run with the error `aborted`. */
  readonly signal?: AbortSignal;
  /** Called with the share done, 0 to 1. */
  readonly onProgress?: (share: number) => void;
}

/** Weights in bytes, as an estimate for progress: eight bits come with a scale for each block. */
function expectedBytes(model: ModelFile, precision: Precision): number {
  const sizes = [...model.tensors.values()].map(({ shape }) => shape.reduce((a, b) => a * b, 1));
  return sizes.reduce((sum, size) => sum + size, 0) * (precision === 'f32' ? 4 : 1.0625);
}

/** Stops when the signal says so, and tells how far it is. */
function watch(sink: WeightSink, expected: number, { signal, onProgress }: CompileOptions): WeightSink {
  let done = 0;
  return {
    ...sink,
    async append(data) {
      throwIfAborted(signal);
      const offset = await sink.append(data);
      done += data.length;
      // What is expected is an estimate; the whole is said when everything is in its place.
      onProgress?.(Math.min(0.99, done / expected));
      return offset;
    },
  };
}

/** A name for all that the graphs depend on. Safetensors have the sizes in another file than the weights. */
function placeName(model: ModelFile, architecture: object, precision: Precision): string {
  const about = createHash('sha256').update(JSON.stringify(architecture)).digest('hex').slice(0, 8);
  return `${model.fingerprint.slice(0, 16)}-${about}-${precision}-v${COMPILER_VERSION}`;
}

/**
 * Sees to it that the graphs of a model are in the cache, and says in which directory. What is there and whole
 * is used again. Graphs are built beside their place and renamed, so that an interrupted or failed compilation
 * leaves nothing behind; what a killed one left is removed by the next.
 *
 * @param build - Writes the graph `files` into a directory, and their large constants to the sink.
 * @throws HalfspaceError `disk-full`, `cache-not-writable`, `aborted`; what `build` throws
 */
export async function ensureGraphs(
  model: ModelFile,
  architecture: object,
  options: CompileOptions,
  files: readonly string[],
  build: (directory: string, sink: WeightSink) => Promise<void>,
): Promise<string> {
  const { precision, cache, signal, onProgress } = options;
  const place = join(cache, 'compiled', placeName(model, architecture, precision));
  const expected = expectedBytes(model, precision);
  try {
    await ensureDirectory(place, [...files, WEIGHTS_FILE], async (directory) => {
      await writeWeightFile(join(directory, WEIGHTS_FILE), async (sink) =>
        build(directory, watch(sink, expected, options)),
      );
      onProgress?.(1);
      throwIfAborted(signal);
    });
  } catch (error) {
    throw explainWriteError(error, cache);
  }
  return place;
}
