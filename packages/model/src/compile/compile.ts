import { dirname, join } from 'node:path';
import type { Registry } from '@halfspace/core';
import { createGraph, type WeightSink } from '../onnx/graph.js';
import { byteLength } from '../tensor-type.js';
import type { ModelFile } from '../weights.js';
import type { Architecture, Weights } from './architecture.js';
import { asBytes } from './bytes.js';
import { describeArchitecture } from './families.js';
import { ensureGraphs, type CompileOptions } from './graph-cache.js';
import { buildHead } from './head.js';
import { constantsOf, storeMatrix, type Precision } from './linear.js';
import { tabledPositions } from './rotary.js';
import { weightReader } from './read-weights.js';
import type { Role } from './tensor-spec.js';
import { buildTrunk, cutOf, type KvCache } from './trunk.js';
import { hasBytesAsMade } from './whole-directory.js';

const FILES = { lower: 'lower.onnx', upper: 'upper.onnx', head: 'head.onnx' } as const;

/** Settings of {@link compileModel}. */
export interface CompileModelOptions extends CompileOptions {
  /** Where the model's family is looked up (default: those of this package alone). */
  readonly registry?: Registry;
  /** How keys and values are kept between calls (default `f32`). */
  readonly kvCache?: KvCache;
}

/** A model as ONNX graphs on disk. */
export interface CompiledModel {
  /** The model's sizes. Of a model that claims a context whose tables would be larger than its weights, with less of it. */
  readonly architecture: Architecture;
  /** Arithmetic of the graphs. */
  readonly precision: Precision;
  /** How keys and values are kept between calls. */
  readonly kvCache: KvCache;
  /** Blocks in the lower part of the trunk. */
  readonly cut: number;
  /** Path of the graph of the trunk's lower part, from the tokens on. */
  readonly lower: string;
  /** Path of the graph of its upper part, to the final norm. */
  readonly upper: string;
  /** Path of the output head's graph. */
  readonly head: string;
}

async function buildGraphs(
  model: ModelFile,
  architecture: Architecture,
  precision: Precision,
  kvCache: KvCache,
  sink: WeightSink,
): Promise<Record<string, Uint8Array>> {
  const { weights, layers } = architecture;
  const reader = weightReader(model, weights.model);
  const cut = cutOf(architecture);
  const lower = createGraph('lower', sink);
  const upper = createGraph('upper', sink);
  const head = createGraph('head', sink);
  const embedding = await storeMatrix(lower, 'embedding', reader.matrix('embedding'), precision);
  if (isTied(weights)) head.share(lower, constantsOf(embedding));
  const matrix = isTied(weights)
    ? embedding
    : await storeMatrix(head, 'head', reader.matrix('head'), precision);
  const bias = reader.hasBias('head')
    ? await head.constant('head.bias', 'float32', [matrix.rows], asBytes(await reader.bias('head')))
    : undefined;
  buildHead(head, architecture, { matrix, ...(bias !== undefined && { bias }) });
  await buildTrunk(lower, model, architecture, precision, kvCache, { first: 0, end: cut }, embedding);
  await buildTrunk(upper, model, architecture, precision, kvCache, { first: cut, end: layers }, embedding);
  return {
    [FILES.lower]: lower.toBytes(),
    [FILES.upper]: upper.toBytes(),
    [FILES.head]: head.toBytes(),
  };
}

/** Whether the head is the embedding. */
function isTied({ model }: Weights): boolean {
  const nameOf = (wanted: Role) => model.find(({ role }) => role === wanted)?.name;
  return nameOf('head.weight') === nameOf('embedding.weight');
}

/** Bytes of the weights in the model file. */
function weightBytesOf({ tensors }: ModelFile): number {
  return [...tensors.values()].reduce(
    (sum, { type, shape }) =>
      sum +
      byteLength(
        type,
        shape.reduce((a, b) => a * b, 1),
      ),
    0,
  );
}

/**
 * Compiles a language model to ONNX graphs, once: what is in the cache and whole is used again.
 *
 * @throws HalfspaceError `unsupported-model`; `corrupt-model`, also when a weight is not finite; `disk-full`,
 * `cache-not-writable`, `aborted`
 */
export async function compileModel(model: ModelFile, options: CompileModelOptions): Promise<CompiledModel> {
  const { precision, registry, kvCache = 'f32' } = options;
  const described = await describeArchitecture(model, registry);
  const architecture = { ...described, contextLength: tabledPositions(described, weightBytesOf(model)) };
  const about = { ...architecture, kvCache };
  const place = await ensureGraphs(model, about, options, Object.values(FILES), async (sink) =>
    buildGraphs(model, architecture, precision, kvCache, sink),
  );
  const at = (file: string) => join(place, file);
  const { lower, upper, head } = FILES;
  return {
    architecture,
    precision,
    kvCache,
    cut: cutOf(architecture),
    lower: at(lower),
    upper: at(upper),
    head: at(head),
  };
}

/** Whether compiled graphs have the bytes that they were made with; all of them are read for that. */
export async function isUndamaged({ head }: CompiledModel): Promise<boolean> {
  return hasBytesAsMade(dirname(head));
}
