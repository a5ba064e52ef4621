import type { GraphBuilder } from '../onnx/graph.js';
import type { ModelFile } from '../weights.js';
import type { Architecture } from './architecture.js';
import { addAndNorm, gatedMlp, rmsNorm, treeAttention, type AttentionInputs } from './blocks.js';
import { asBytes } from './bytes.js';
import {
  lookUp,
  multiply,
  stack,
  storeMatrix,
  type Matrix,
  type Precision,
  type StoredMatrix,
} from './linear.js';
import { MOST_ROWS, rotaryTables } from './rotary.js';

/**
 * Blocks in the lower part of the trunk. A candidate whose margins are known there stops, and only the winner goes on
 * (docs/decisions/0007). At three fifths margins are read as well as anywhere, and two fifths of the work are saved.
 */
export function cutOf({ layers }: Pick<Architecture, 'layers'>): number {
  return Math.max(1, Math.round(layers * 0.6));
}

/**
 * Names of the inputs and outputs of both parts of the trunk. A call has N rows (tokens) of B texts; text b has a line of T
 * keys and values, and up to R rows of the call.
 */
export const TRUNK = {
  /** [1, N] */
  tokens: 'tokens',
  /** What the lower part passes on to the upper, which takes it instead of tokens: [1, N, width]. */
  stream: 'stream',
  /** [1, N] */
  positions: 'positions',
  /** [B, R, 2]: (0, row) of the r-th row of a text; texts with fewer rows repeat one. */
  queries: 'queries',
  /** [1, N, 2]: (b, r) of every row. */
  answers: 'answers',
  /** `[B, T]`: slots of the ancestors of a text, from the first token on; then any. */
  ancestors: 'ancestors',
  /** [1, N, 2]: (b, t) where the keys and values of a row go in its text's line. */
  places: 'places',
  /** Additive, [B, 1, R, T]. */
  mask: 'mask',
  /** The same for blocks with a sliding window; an input of models that have some. */
  windowMask: 'window_mask',
  /** [slots, keyValueHeads · headWidth] */
  pastKeys: (layer: number) => `past_keys.${layer}`,
  /** [slots, keyValueHeads · headWidth] */
  pastValues: (layer: number) => `past_values.${layer}`,
  /** `[1, N, blocks · 2 · keyValueHeads · headWidth]`: of each block of the part its keys, then its values. */
  keysValues: 'keys_values',
  /** [1, N, width] */
  hidden: (layer: number) => `hidden.${layer}`,
} as const;

/** Reads matrices of a model file. */
export async function readMatrix(model: ModelFile, name: string): Promise<Matrix> {
  const [rows = 0, columns = 0] = model.tensors.get(name)?.shape ?? [];
  return { rows, columns, data: await model.readF32(name) };
}

/** Blocks of the trunk that are one graph: from `first` on, up to but without `end`. */
export interface TrunkPart {
  readonly first: number;
  readonly end: number;
}

function declareInputs(
  graph: GraphBuilder,
  { keyValueHeads, headWidth, sliding }: Architecture,
  { first, end }: TrunkPart,
): void {
  const mask = ['texts', 1, 'rows_of_text', 'line'];
  graph.input(TRUNK.positions, 'int64', [1, 'rows']);
  graph.input(TRUNK.queries, 'int64', ['texts', 'rows_of_text', 2]);
  graph.input(TRUNK.answers, 'int64', [1, 'rows', 2]);
  graph.input(TRUNK.ancestors, 'int64', ['texts', 'line']);
  graph.input(TRUNK.places, 'int64', [1, 'rows', 2]);
  graph.input(TRUNK.mask, 'float32', mask);
  if (sliding !== undefined) graph.input(TRUNK.windowMask, 'float32', mask);
  for (let layer = first; layer < end; layer++) {
    graph.input(TRUNK.pastKeys(layer), 'float32', ['slots', keyValueHeads * headWidth]);
    graph.input(TRUNK.pastValues(layer), 'float32', ['slots', keyValueHeads * headWidth]);
  }
}

async function turning(
  graph: GraphBuilder,
  frequencies: Float64Array,
  contextLength: number,
  suffix = '',
): Promise<Pick<AttentionInputs, 'cos' | 'sin'>> {
  const length = Math.max(contextLength, MOST_ROWS);
  const tables = rotaryTables(frequencies, length);
  const shape = [length, frequencies.length];
  return {
    cos: await graph.constant(`cos${suffix}`, 'float32', shape, asBytes(tables.cos)),
    sin: await graph.constant(`sin${suffix}`, 'float32', shape, asBytes(tables.sin)),
  };
}

/** What the attention of a block shares with others of its kind. */
async function sharedInputs(
  graph: GraphBuilder,
  { rotary, contextLength, sliding }: Architecture,
): Promise<(layer: number) => AttentionInputs> {
  const whole = { ...TRUNK, ...(await turning(graph, rotary.frequencies, contextLength)) };
  if (sliding === undefined) return () => whole;
  const near = await turning(graph, sliding.frequencies, contextLength, '.sliding');
  const nearest = { ...TRUNK, ...near, mask: TRUNK.windowMask };
  return (layer) => (sliding.blocks.includes(layer) ? nearest : whole);
}

/** Norms of the heads of a block, [heads + keyValueHeads, headWidth]; undefined where it has none. */
async function headNorms(
  graph: GraphBuilder,
  model: ModelFile,
  { heads, keyValueHeads, headWidth, weights, normOffset }: Architecture,
  layer: number,
): Promise<string | undefined> {
  const { queryNorm, keyNorm } = weights.block(layer);
  if (queryNorm === undefined || keyNorm === undefined) return undefined;
  const query = await model.readF32(queryNorm);
  const key = await model.readF32(keyNorm);
  const all = Float32Array.from({ length: (heads + keyValueHeads) * headWidth }, (_, at) => {
    const norm = at < heads * headWidth ? query : key;
    return normOffset + norm[at % headWidth];
  });
  return graph.constant(`head_norms.${layer}`, 'float32', [heads + keyValueHeads, headWidth], asBytes(all));
}

/** Rows of the embedding, scaled: the first hidden states. */
function embed(graph: GraphBuilder, { embeddingScale }: Architecture, embedding: StoredMatrix): void {
  const tokens = graph.input(TRUNK.tokens, 'int64', [1, 'rows']);
  if (embeddingScale === 1) return lookUp(graph, tokens, embedding, TRUNK.hidden(0));
  const rows = graph.fresh('rows');
  lookUp(graph, tokens, embedding, rows);
  graph.node('Mul', [rows, graph.float(embeddingScale)], {}, { output: TRUNK.hidden(0) });
}

/** Names of the hidden states at the layers from `from` on, up to but without `end`. */
function statesFrom(from: number, end: number): string[] {
  return Array.from({ length: end - from }, (_, index) => TRUNK.hidden(from + index));
}

/**
 * Builds a part of the trunk: rows in, their keys, values and hidden states out. One graph serves prefill,
 * look-ahead and, by keeping a row's keys and values, commit. The lower part begins with the rows of the embedding,
 * the upper one ends with the final norm.
 */
export async function buildTrunk(
  graph: GraphBuilder,
  model: ModelFile,
  architecture: Architecture,
  precision: Precision,
  part: TrunkPart,
  embedding: StoredMatrix,
): Promise<void> {
  const { layers, width, keyValueHeads, headWidth, weights } = architecture;
  const { activation, normEpsilon, normOffset } = architecture;
  const { first, end } = part;
  const norm = async (name: string) =>
    graph.constant(
      name,
      'float32',
      [width],
      asBytes((await model.readF32(name)).map((weight) => normOffset + weight)),
    );
  const normAddition = async (addition: string, name: string | undefined) =>
    name === undefined
      ? addition
      : rmsNorm(graph, addition, await norm(name), normEpsilon, graph.fresh('addition'));
  const normBefore = async (layer: number) =>
    norm(layer === layers ? weights.finalNorm : weights.block(layer).attentionNorm);
  const store = async (name: string, ...parts: string[]) =>
    storeMatrix(
      graph,
      name,
      stack(await Promise.all(parts.map(async (each) => readMatrix(model, each)))),
      precision,
    );
  // The last hidden state is the one after the final norm.
  const normedOf = (layer: number) => (layer === layers ? TRUNK.hidden(layers) : graph.fresh('normed'));
  const streamAfter = (layer: number) => (layer === layers ? graph.fresh('stream') : TRUNK.hidden(layer));

  declareInputs(graph, architecture, part);
  const shared = await sharedInputs(graph, architecture);
  let stream: string = TRUNK.stream;
  if (first === 0) {
    stream = TRUNK.hidden(0);
    embed(graph, architecture, embedding);
  } else {
    graph.input(stream, 'float32', [1, 'rows', width]);
  }
  let normed = rmsNorm(graph, stream, await normBefore(first), normEpsilon, normedOf(first));
  const kept: string[] = [];
  for (let layer = first; layer < end; layer++) {
    const block = weights.block(layer);
    const projected = multiply(
      graph,
      normed,
      await store(`qkv.${layer}`, block.query, block.key, block.value),
    );
    const past = { keys: TRUNK.pastKeys(layer), values: TRUNK.pastValues(layer) };
    const norms = await headNorms(graph, model, architecture, layer);
    const attention = treeAttention(graph, architecture, projected, past, shared(layer), norms);
    kept.push(attention.keys, attention.values);
    const attended = await normAddition(
      multiply(graph, attention.output, await store(`o.${layer}`, block.attentionOutput)),
      block.attentionOutputNorm,
    );
    const middle = { stream: graph.fresh('stream'), normed: graph.fresh('normed') };
    addAndNorm(graph, stream, attended, await norm(block.mlpNorm), normEpsilon, middle);
    const gateAndUp = await store(`gate_up.${layer}`, block.gate, block.up);
    const fed = await normAddition(
      gatedMlp(graph, activation, middle.normed, gateAndUp, await store(`down.${layer}`, block.down)),
      block.mlpOutputNorm,
    );
    if (layer + 1 === end && first === 0) {
      graph.node('Add', [middle.stream, fed], {}, { output: TRUNK.stream });
    } else {
      const after = { stream: streamAfter(layer + 1), normed: normedOf(layer + 1) };
      addAndNorm(graph, middle.stream, fed, await normBefore(layer + 1), normEpsilon, after);
      ({ stream, normed } = after);
    }
  }
  for (const name of first === 0
    ? [...statesFrom(0, end), TRUNK.stream]
    : statesFrom(Math.min(first + 1, layers), layers + 1))
    graph.output(name, 'float32', [1, 'rows', width]);
  // A model of a single block has none above the cut.
  if (kept.length === 0) return;
  graph.node('Concat', kept, { axis: 2 }, { output: TRUNK.keysValues });
  graph.output(TRUNK.keysValues, 'float32', [1, 'rows', (end - first) * 2 * keyValueHeads * headWidth]);
}
