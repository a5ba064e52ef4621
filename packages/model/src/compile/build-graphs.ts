import type { Registry } from '@halfspace/core';
import { createGraph, type GraphBuilder, type WeightSink } from '../onnx/graph.js';
import { byteLength } from '../tensor-type.js';
import type { ModelFile } from '../model-file.js';
import type { Architecture, Weights } from './architecture.js';
import { asBytes } from './bytes.js';
import { describeArchitecture } from './families.js';
import { buildHead } from './head.js';
import { constantsOf, storeParts, type StoredMatrix } from './linear.js';
import type { GraphPrecision } from './precision.js';
import { weightReader, type WeightReader } from './read-weights.js';
import { tabledPositions } from './rotary.js';
import type { Role } from './tensor-spec.js';
import { buildTrunk, cutOf, type KvCache } from './trunk.js';

/** Names of the graphs of a model. */
export const GRAPHS = { lower: 'lower.onnx', upper: 'upper.onnx', head: 'head.onnx' } as const;

/** Builds the graphs of a model: the bytes of each, by the name of its file. */
export async function buildGraphs(
  model: ModelFile,
  architecture: Architecture,
  precision: GraphPrecision,
  kvCache: KvCache,
  sink: WeightSink,
): Promise<Record<string, Uint8Array>> {
  const { weights, layers } = architecture;
  const reader = weightReader(model, weights.model);
  const cut = cutOf(architecture);
  const lower = createGraph('lower', sink);
  const upper = createGraph('upper', sink);
  const head = createGraph('head', sink);
  const embedding = await buildEnds(lower, head, reader, architecture, precision);
  await buildTrunk(lower, model, architecture, precision, kvCache, { first: 0, end: cut }, embedding);
  await buildTrunk(upper, model, architecture, precision, kvCache, { first: cut, end: layers }, embedding);
  return {
    [GRAPHS.lower]: lower.toBytes(),
    [GRAPHS.upper]: upper.toBytes(),
    [GRAPHS.head]: head.toBytes(),
  };
}

/** Stores the embedding, and builds the head. */
async function buildEnds(
  lower: GraphBuilder,
  head: GraphBuilder,
  reader: WeightReader,
  architecture: Architecture,
  precision: GraphPrecision,
): Promise<StoredMatrix> {
  const isTiedHead = isTied(architecture.weights);
  const embedding = await storePart(lower, 'embedding', reader, precision);
  if (isTiedHead) head.share(lower, constantsOf(embedding));
  const matrix = isTiedHead ? embedding : await storePart(head, 'head', reader, precision);
  const bias = reader.hasBias('head')
    ? await head.constant('head.bias', 'float32', [matrix.rows], asBytes(await reader.bias('head')))
    : undefined;
  buildHead(head, architecture, {
    matrices: [matrix],
    rows: matrix.rows,
    ...(bias !== undefined && { bias }),
  });
  return embedding;
}

/** Stores a part that has a matrix of its own. */
async function storePart(
  graph: GraphBuilder,
  part: 'embedding' | 'head',
  reader: WeightReader,
  precision: GraphPrecision,
): Promise<StoredMatrix> {
  const [matrix] = await storeParts(graph, part, reader, [part], precision);
  return matrix;
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
 * The sizes that the graphs of a model have.
 *
 * @param registry - Where the model's family is looked up (default: those of this package alone).
 * @throws HalfspaceError `unsupported-model`, `corrupt-model`
 */
export async function architectureOf(model: ModelFile, registry?: Registry): Promise<Architecture> {
  const described = await describeArchitecture(model, registry);
  return { ...described, contextLength: tabledPositions(described, weightBytesOf(model)) };
}
