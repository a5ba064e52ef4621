import { dirname, join } from 'node:path';
import type { Registry } from '@halfspace/core';
import type { ModelFile } from '../weights.js';
import type { Architecture } from './architecture.js';
import { architectureOf, buildGraphs, GRAPHS } from './build-graphs.js';
import { ensureGraphs, type CompileOptions } from './graph-cache.js';
import type { GraphPrecision, Precision } from './precision.js';
import type { TensorSpec } from './tensor-spec.js';
import { cutOf, type KvCache } from './trunk.js';
import { hasBytesAsMade } from './whole-directory.js';

/** Settings of {@link compileModel}. */
export interface CompileModelOptions<P extends GraphPrecision = Precision> extends CompileOptions<P> {
  /** Where the model's family is looked up (default: those of this package alone). */
  readonly registry?: Registry;
  /** How keys and values are kept between calls (default `f32`). */
  readonly kvCache?: KvCache;
}

/** A model as ONNX graphs on disk, for the processor or for a GPU. */
export interface CompiledModel<P extends GraphPrecision = Precision> {
  /** The model's sizes. Of a model that claims a context whose tables would be larger than its weights, with less of it. */
  readonly architecture: Architecture;
  /** Arithmetic of the graphs. */
  readonly precision: P;
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

/** What graphs depend on besides the weights and the arithmetic. */
export function placedBy(architecture: Architecture, kvCache: KvCache): object {
  return { ...architecture, kvCache };
}

/**
 * Compiles a language model to ONNX graphs, once: what is in the cache and whole is used again.
 *
 * @throws HalfspaceError `unsupported-model`; `corrupt-model`, also when a weight is not finite; `disk-full`,
 * `cache-not-writable`, `aborted`
 */
export async function compileModel<P extends GraphPrecision>(
  model: ModelFile,
  options: CompileModelOptions<P>,
): Promise<CompiledModel<P>> {
  return compile(model, await architectureOf(model, options.registry), options);
}

/**
 * Compiles a few blocks of a model, of which a call can be timed to know what one of the model takes: they are spread over it, and
 * have its own weights. There is a vocabulary of 16 tokens that mean nothing.
 *
 * @param mostWeights - Of all blocks that are taken; one is taken in any case.
 * @returns The graphs; whoever asks for them removes them. Undefined for a model of a single block.
 * @throws HalfspaceError as `compileModel`
 */
export async function compileSample(
  model: ModelFile,
  options: CompileModelOptions,
  mostWeights: number,
): Promise<CompiledModel | undefined> {
  const whole = await architectureOf(model, options.registry);
  const { layers, weights } = whole;
  if (layers < 2) return undefined;
  const ofBlock = weights.blocks.map((block) =>
    [...new Set(block.map(({ name }) => name))].reduce(
      (sum, name) => sum + (model.tensors.get(name)?.shape.reduce((a, b) => a * b, 1) ?? 0),
      0,
    ),
  );
  const count = Math.min(layers, Math.max(1, Math.floor(mostWeights / Math.max(...ofBlock))));
  const blocks = Array.from(
    { length: count },
    (_, index) => weights.blocks[Math.floor(((index + 0.5) * layers) / count)],
  );
  const ends = weights.model.map((spec) =>
    isOfVocabulary(spec)
      ? { ...spec, shape: spec.shape.map((size) => (size === whole.vocabulary ? SAMPLE_TOKENS : size)) }
      : spec,
  );
  const sample = {
    ...whole,
    layers: count,
    vocabulary: SAMPLE_TOKENS,
    weights: { ...weights, model: ends, blocks },
  };
  return compile(withoutVocabulary(model, ends), sample, options);
}

/** Tokens of a sample. */
const SAMPLE_TOKENS = 16;

const isOfVocabulary = ({ role }: TensorSpec) => /^(?:embedding|head)\./.test(role);

/** A model whose embedding and head hold nothing but zeros, in the shapes of these tensors. */
function withoutVocabulary(model: ModelFile, specs: readonly TensorSpec[]): ModelFile {
  const ends = new Map(specs.filter(isOfVocabulary).map(({ name, shape }) => [name, shape]));
  const tensors = new Map(
    [...model.tensors].map(([name, tensor]) => {
      const shape = ends.get(name);
      return [name, shape === undefined ? tensor : { name, shape, type: 'F32' as const }];
    }),
  );
  const zeros = (shape: readonly number[]) => new Float32Array(shape.reduce((a, b) => a * b, 1));
  return {
    ...model,
    tensors,
    async readF32(name) {
      const shape = ends.get(name);
      return shape === undefined ? model.readF32(name) : zeros(shape);
    },
    async readRows(name, from, count) {
      const shape = ends.get(name);
      return shape === undefined ? model.readRows(name, from, count) : zeros([count, ...shape.slice(-1)]);
    },
    fourBitForm: async (name) => (ends.has(name) ? undefined : model.fourBitForm(name)),
  };
}

async function compile<P extends GraphPrecision>(
  model: ModelFile,
  architecture: Architecture,
  options: CompileModelOptions<P>,
): Promise<CompiledModel<P>> {
  const { precision, kvCache = 'f32' } = options;
  const about = placedBy(architecture, kvCache);
  const place = await ensureGraphs(model, about, options, Object.values(GRAPHS), async (sink) =>
    buildGraphs(model, architecture, precision, kvCache, sink),
  );
  const at = (file: string) => join(place, file);
  const { lower, upper, head } = GRAPHS;
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
export async function isUndamaged({ head }: CompiledModel<GraphPrecision>): Promise<boolean> {
  return hasBytesAsMade(dirname(head));
}
