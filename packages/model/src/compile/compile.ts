import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createGraph, type GraphBuilder, type WeightSink } from '../onnx/graph.js';
import type { ModelFile } from '../weights.js';
import type { Architecture } from './architecture.js';
import { describeArchitecture } from './families.js';
import { ensureGraphs, type CompileOptions } from './graph-cache.js';
import { buildHead } from './head.js';
import { constantsOf, storeMatrix, type Precision } from './linear.js';
import { buildTrunk, readMatrix } from './trunk.js';

const TRUNK_FILE = 'trunk.onnx';
const HEAD_FILE = 'head.onnx';

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

/**
 * Compiles a language model to ONNX graphs, once: what is in the cache and whole is used again.
 *
 * @throws HalfspaceError `unsupported-model`; `corrupt-model`, also when a weight is not finite; `disk-full`,
 * `cache-not-writable`, `aborted`
 */
export async function compileModel(model: ModelFile, options: CompileOptions): Promise<CompiledModel> {
  const { precision } = options;
  const architecture = await describeArchitecture(model);
  const place = await ensureGraphs(
    model,
    architecture,
    options,
    [TRUNK_FILE, HEAD_FILE],
    async (directory, sink) => buildGraphs(directory, model, architecture, precision, sink),
  );
  return { architecture, precision, trunk: join(place, TRUNK_FILE), head: join(place, HEAD_FILE) };
}
