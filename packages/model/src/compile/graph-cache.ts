import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfAborted } from '@halfspace/core';
import { explainWriteError } from '../cache.js';
import type { Bytes, WeightSink } from '../onnx/graph.js';
import { pagesOf, writeWeightFile } from '../onnx/weight-file.js';
import { assertRoom } from '../room.js';
import type { ModelFile } from '../weights.js';
import { COMPILED, placeName } from './graphs-place.js';
import type { GraphPrecision, Precision } from './precision.js';
import { noteUse } from './uses.js';
import { ensureDirectory } from './whole-directory.js';

const WEIGHTS_FILE = 'weights.bin';

/** Settings of {@link compileModel} and {@link compileEncoder}. */
export interface CompileOptions<P extends GraphPrecision = Precision> {
  /** Arithmetic of the graphs. */
  readonly precision: P;
  /** Directory that keeps compiled models. */
  readonly cache: string;
  /** Ends the run with the error `aborted`. */
  readonly signal?: AbortSignal;
  /** Called with the share done, 0 to 1, and with the bytes that are written and that there will be. */
  readonly onProgress?: (share: number, bytes: CompileProgress) => void;
}

/** Bytes of graphs. */
export interface CompileProgress {
  /** Written so far. */
  readonly done: number;
  /** Of all that will be. */
  readonly total: number;
}

/** Builds graphs, whose large constants go to the sink: the bytes of each, by the name of its file. */
export type BuildGraphs = (sink: WeightSink) => Promise<Readonly<Record<string, Uint8Array>>>;

/** Bytes that graphs take on the disk. They are built for that, but for what is large: that is neither read nor made. */
export async function bytesOfGraphs(build: BuildGraphs): Promise<number> {
  let bytes = 0;
  const graphs = await build({
    location: WEIGHTS_FILE,
    async append(_, length) {
      const offset = bytes;
      bytes += pagesOf(length);
      return offset;
    },
  });
  return Object.values(graphs).reduce((sum, { length }) => sum + length, bytes);
}

/** Stops when the signal says so, and tells how far it is. */
function watch(
  sink: WeightSink,
  total: number,
  { signal, onProgress }: CompileOptions<GraphPrecision>,
): WeightSink {
  let done = 0;
  async function* watched(data: Bytes): AsyncGenerator<Uint8Array> {
    for await (const part of data instanceof Uint8Array ? [data] : data) {
      throwIfAborted(signal);
      yield part;
      done += part.length;
      // The whole is said when everything is in its place.
      onProgress?.(Math.min(0.99, done / total), { done: Math.min(done, total), total });
    }
  }
  return { ...sink, append: async (data, length) => sink.append(watched(data), length) };
}

/**
 * Sees to it that the graphs of a model are in the cache, and says in which directory. What is there and whole
 * is used again. Graphs are built beside their place and renamed, so that an interrupted or failed compilation
 * leaves nothing behind; what a killed one left is removed by the next.
 *
 * @param build - Makes the graph `files`, and gives their large constants to the sink.
 * @throws HalfspaceError `disk-full`, `cache-not-writable`, `aborted`; what `build` throws
 */
export async function ensureGraphs(
  model: ModelFile,
  architecture: object,
  options: CompileOptions<GraphPrecision>,
  files: readonly string[],
  build: BuildGraphs,
): Promise<string> {
  const { precision, cache, signal, onProgress } = options;
  const name = placeName(model, architecture, precision);
  const place = join(cache, COMPILED, name);
  try {
    await ensureDirectory(place, [...files, WEIGHTS_FILE], async (directory) => {
      const total = await bytesOfGraphs(build);
      await assertRoom(`${model.name} in ${precision}`, total, cache);
      const weights = await writeWeightFile(join(directory, WEIGHTS_FILE), async (sink) => {
        const graphs = await build(watch(sink, total, options));
        for (const [name, bytes] of Object.entries(graphs)) await writeFile(join(directory, name), bytes);
      });
      onProgress?.(1, { done: total, total });
      throwIfAborted(signal);
      return { [WEIGHTS_FILE]: weights };
    });
  } catch (error) {
    throw explainWriteError(error, cache);
  }
  await noteUse(cache, name, model);
  return place;
}
