import { createHash } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { throwIfAborted } from '@halfspace/core';
import { explainWriteError } from '../cache.js';
import { createGraph, type GraphBuilder, type WeightSink } from '../onnx/graph.js';
import { writeWeightFile } from '../onnx/weight-file.js';
import type { ModelFile } from '../weights.js';
import type { Architecture } from './architecture.js';
import { describeArchitecture } from './families.js';
import { buildHead } from './head.js';
import { constantsOf, storeMatrix, type Precision } from './linear.js';
import { buildTrunk, readMatrix } from './trunk.js';
import { ensureDirectory } from './whole-directory.js';

/** Raised whenever the graphs change, so that older ones are not used any more. */
const COMPILER_VERSION = 6;

const TRUNK_FILE = 'trunk.onnx';
const HEAD_FILE = 'head.onnx';
const WEIGHTS_FILE = 'weights.bin';

/** A model as ONNX graphs on disk. */
export interface CompiledModel {
  /** The model's sizes. */
  readonly architecture: Architecture;
  /** Arithmetic of the graphs. */
  readonly precision: Precision;
  /** Path of the trunk's graph. */
  readonly trunk: string;
  /** Path of the output head's graph. */
  readonly head: string;
}

/** Settings of {@link compileModel}. */
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
      onProgress?.(Math.min(1, done / expected));
      return offset;
    },
  };
}

async function buildGraphs(
  directory: string,
  model: ModelFile,
  architecture: Architecture,
  precision: Precision,
  sink: WeightSink,
): Promise<void> {
  const { weights } = architecture;
  const trunk = createGraph('trunk', sink);
  const head = createGraph('head', sink);
  const store = async (graph: GraphBuilder, name: string, weight: string) =>
    storeMatrix(graph, name, await readMatrix(model, weight), precision);
  const embedding = await store(trunk, 'embedding', weights.embedding);
  const tied = weights.head === weights.embedding;
  if (tied) head.share(trunk, constantsOf(embedding));
  buildHead(head, architecture, tied ? embedding : await store(head, 'head', weights.head));
  await buildTrunk(trunk, model, architecture, precision, embedding);
  await writeFile(join(directory, TRUNK_FILE), trunk.toBytes());
  await writeFile(join(directory, HEAD_FILE), head.toBytes());
}

/** A name for all that the graphs depend on. Safetensors have the sizes in another file than the weights. */
function placeName(model: ModelFile, architecture: Architecture, precision: Precision): string {
  const about = createHash('sha256').update(JSON.stringify(architecture)).digest('hex').slice(0, 8);
  return `${model.fingerprint.slice(0, 16)}-${about}-${precision}-v${COMPILER_VERSION}`;
}

/**
 * Compiles a model to ONNX graphs, once: what is in the cache and whole is used again. Graphs are built
 * beside their place and renamed, so that an interrupted or failed compilation leaves nothing behind; what
 * a killed one left is removed by the next.
 *
 * @throws HalfspaceError `unsupported-model`; `corrupt-model`, also when a weight is not finite; `disk-full`,
 * `cache-not-writable`, `aborted`
 */
export async function compileModel(model: ModelFile, options: CompileOptions): Promise<CompiledModel> {
  const { precision, cache, signal, onProgress } = options;
  const architecture = await describeArchitecture(model);
  const place = join(cache, 'compiled', placeName(model, architecture, precision));
  const expected = expectedBytes(model, precision);
  try {
    await ensureDirectory(place, [TRUNK_FILE, HEAD_FILE, WEIGHTS_FILE], async (directory) => {
      await writeWeightFile(join(directory, WEIGHTS_FILE), async (sink) =>
        buildGraphs(directory, model, architecture, precision, watch(sink, expected, options)),
      );
      onProgress?.(1);
      throwIfAborted(signal);
    });
  } catch (error) {
    throw explainWriteError(error, cache);
  }
  return { architecture, precision, trunk: join(place, TRUNK_FILE), head: join(place, HEAD_FILE) };
}
