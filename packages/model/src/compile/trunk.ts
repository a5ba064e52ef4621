import type { GraphBuilder } from '../onnx/graph.js';
import type { ModelFile } from '../weights.js';
import type { Architecture, Rotary } from './architecture.js';
import { treeAttention, type AttentionInputs, type Turning } from './attention.js';
import { asBytes } from './bytes.js';
import { lookUp, project, storeProjection, storeTable, type Precision, type StoredMatrix } from './linear.js';
import { mixture, mlp, type StoredMlp } from './mlp.js';
import { addAndNorm, normalise, storeNorm, type StoredNorm } from './norms.js';
import { weightReader, type WeightReader } from './read-weights.js';
import { MOST_ROWS, rotariesOf, rotaryTables } from './rotary.js';
import type { NormPart, Part } from './tensor-spec.js';

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
  residual: 'residual',
  /** [1, N] */
  positions: 'positions',
  /** [B, R, 2]: (0, row) of the r-th row of a text; texts with fewer rows repeat one. */
  queryIndex: 'query_index',
  /** [1, N, 2]: (b, r) of every row. */
  outputIndex: 'output_index',
  /** `[B, T]`: slots of the ancestors of a text, from the first token on; then any. */
  pastSlots: 'past_slots',
  /** [1, N, 2]: (b, t) where the keys and values of a row go in its text's line. */
  slotMapping: 'slot_mapping',
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
  graph.input(TRUNK.queryIndex, 'int64', ['texts', 'rows_of_text', 2]);
  graph.input(TRUNK.outputIndex, 'int64', [1, 'rows', 2]);
  graph.input(TRUNK.pastSlots, 'int64', ['texts', 'line']);
  graph.input(TRUNK.slotMapping, 'int64', [1, 'rows', 2]);
  graph.input(TRUNK.mask, 'float32', mask);
  if (sliding !== undefined) graph.input(TRUNK.windowMask, 'float32', mask);
  for (let layer = first; layer < end; layer++) {
    graph.input(TRUNK.pastKeys(layer), 'float32', ['slots', keyValueHeads * headWidth]);
    graph.input(TRUNK.pastValues(layer), 'float32', ['slots', keyValueHeads * headWidth]);
  }
}

/** Tables of cosines and sines for each way of turning that the model has. */
async function turnings(graph: GraphBuilder, architecture: Architecture): Promise<Map<Rotary, Turning>> {
  const length = Math.max(architecture.contextLength, MOST_ROWS);
  const found = new Map<Rotary, Turning>();
  for (const rotary of rotariesOf(architecture)) {
    const { frequencies, interleaved, scale } = rotary;
    const suffix = found.size === 0 ? '' : `.${found.size}`;
    const { cosines, sines } = rotaryTables(frequencies, length, scale);
    const cos = await storeTable(graph, `cos${suffix}`, cosines);
    const sin = await storeTable(graph, `sin${suffix}`, sines);
    found.set(rotary, { cos, sin, interleaved, width: frequencies.length * 2 });
  }
  return found;
}

/** What the attention of a block shares with others of its kind. */
async function sharedInputs(
  graph: GraphBuilder,
  architecture: Architecture,
): Promise<(layer: number) => AttentionInputs> {
  const { rotary, sliding, unturned } = architecture;
  const tables = await turnings(graph, architecture);
  const slides = new Set(sliding?.blocks);
  const still = new Set(unturned);
  return (layer) => {
    const by = slides.has(layer) ? sliding?.rotary : rotary;
    const turning = by === undefined || still.has(layer) ? undefined : tables.get(by);
    const mask = slides.has(layer) ? TRUNK.windowMask : TRUNK.mask;
    return { ...TRUNK, mask, ...(turning !== undefined && { turning }) };
  };
}

/** Norms of the heads of a block, [heads + keyValueHeads, headWidth]; undefined where it has none. */
async function headNorms(
  graph: GraphBuilder,
  reader: WeightReader,
  { heads, keyValueHeads, headWidth, normOffset }: Architecture,
  layer: number,
): Promise<string | undefined> {
  if (!reader.has('queryNorm')) return undefined;
  const [query, key] = [await reader.vector('queryNorm'), await reader.vector('keyNorm')];
  const queries = heads * headWidth;
  const all = Float32Array.from(
    { length: (heads + keyValueHeads) * headWidth },
    (_, at) =>
      // One norm for all heads, or one for each.
      normOffset + (at < queries ? query[at % query.length] : key[(at - queries) % key.length]),
  );
  return graph.constant(`head_norms.${layer}`, 'float32', [heads + keyValueHeads, headWidth], asBytes(all));
}

/** Rows of the embedding, scaled, and of the positions where they have an embedding: the first hidden states. */
async function embed(
  graph: GraphBuilder,
  { embeddingScale }: Architecture,
  embedding: StoredMatrix,
  reader: WeightReader,
): Promise<void> {
  const steps: ((rows: string, output?: string) => string)[] = [];
  const named = (output: string | undefined) => (output === undefined ? {} : { output });
  if (embeddingScale !== 1)
    steps.push((rows, output) => graph.node('Mul', [rows, graph.float(embeddingScale)], {}, named(output)));
  if (reader.has('positions')) {
    const table = await storeTable(graph, 'positions_embedding', reader.matrix('positions'));
    const places = graph.node('Gather', [table, TRUNK.positions]);
    steps.push((each, output) => graph.node('Add', [each, places], {}, named(output)));
  }
  const tokens = graph.input(TRUNK.tokens, 'int64', [1, 'rows']);
  let rows = steps.length === 0 ? TRUNK.hidden(0) : graph.fresh('rows');
  lookUp(graph, tokens, embedding, rows);
  steps.forEach(
    (step, index) => (rows = step(rows, index + 1 === steps.length ? TRUNK.hidden(0) : undefined)),
  );
}

/** Names of the hidden states at the layers from `from` on, up to but without `end`. */
function statesFrom(from: number, end: number): string[] {
  return Array.from({ length: end - from }, (_, index) => TRUNK.hidden(from + index));
}

/** What a graph of the trunk is built with. */
interface TrunkBuild {
  readonly graph: GraphBuilder;
  readonly architecture: Architecture;
  readonly precision: Precision;
  /** The tensors outside of blocks. */
  readonly outside: WeightReader;
  /** The tensors of a block. */
  readonly block: (layer: number) => WeightReader;
  /** What the attention of a block shares with others. */
  readonly shared: (layer: number) => AttentionInputs;
}

/** A residual stream, and what the next block reads of it. */
interface State {
  readonly residual: string;
  readonly normed: string;
}

/** The norm of a part of a block; of `layers`, the one before the head. */
async function normOf(
  { graph, architecture, block, outside }: TrunkBuild,
  layer: number,
  part: NormPart,
): Promise<StoredNorm | undefined> {
  const last = layer === architecture.layers;
  const name = last ? 'final_norm' : `${part}.${layer}`;
  const reader = last ? outside : block(layer);
  return storeNorm(graph, architecture, reader, last ? 'finalNorm' : part, name, architecture.width);
}

/** What attention or the MLP adds to the residual stream, from what its last projection gives. */
async function additionOf(
  build: TrunkBuild,
  layer: number,
  part: NormPart,
  projected: string,
): Promise<string> {
  const { graph, architecture } = build;
  const norm = await normOf(build, layer, part);
  const normed = norm === undefined ? projected : normalise(graph, projected, norm);
  const { residualScale } = architecture;
  return residualScale === 1 ? normed : graph.node('Mul', [normed, graph.float(residualScale)]);
}

/** Adds to the residual stream, and norms the sum where there is a norm; both may be given names. */
function add(
  graph: GraphBuilder,
  residual: string,
  addition: string,
  norm: StoredNorm | undefined,
  names: Partial<State> = {},
): State {
  if (norm !== undefined) {
    const both = { residual: graph.fresh('residual'), normed: graph.fresh('normed'), ...names };
    addAndNorm(graph, residual, addition, norm, both);
    return both;
  }
  const output = names.residual ?? names.normed ?? graph.fresh('residual');
  graph.node('Add', [residual, addition], {}, { output });
  return { residual: output, normed: output };
}

async function attentionOf(
  { graph, architecture, precision, block, shared }: TrunkBuild,
  layer: number,
  normed: string,
): Promise<{ output: string; keys: string; values: string }> {
  const reader = block(layer);
  const qkv = await storeProjection(graph, `qkv.${layer}`, reader, ['query', 'key', 'value'], precision);
  const past = { keys: TRUNK.pastKeys(layer), values: TRUNK.pastValues(layer) };
  const norms = await headNorms(graph, reader, architecture, layer);
  const projected = project(graph, normed, qkv);
  const attention = treeAttention(graph, architecture, projected, past, shared(layer), norms);
  const out = await storeProjection(graph, `o.${layer}`, reader, ['attentionOutput'], precision);
  return { ...attention, output: project(graph, attention.output, out) };
}

async function storeMlp(
  { graph, precision }: TrunkBuild,
  reader: WeightReader,
  suffix: string,
): Promise<StoredMlp> {
  const gated = reader.has('gate');
  const parts: readonly Part[] = gated ? ['gate', 'up'] : ['up'];
  const name = `${gated ? 'gate_up' : 'up'}.${suffix}`;
  const first = await storeProjection(graph, name, reader, parts, precision);
  const down = await storeProjection(graph, `down.${suffix}`, reader, ['down'], precision);
  return { first, gated, down };
}

async function mlpOf(build: TrunkBuild, layer: number, input: string): Promise<string> {
  const { graph, architecture, block } = build;
  const { activation, experts, width } = architecture;
  const reader = block(layer);
  if (experts === undefined) return mlp(graph, activation, input, await storeMlp(build, reader, `${layer}`));
  // Of a router's few rows each decides: they are not rounded.
  const router = await storeProjection(graph, `router.${layer}`, reader, ['router'], 'f32');
  const stored: StoredMlp[] = [];
  for (let index = 0; index < experts.count; index++)
    stored.push(await storeMlp(build, reader.expert(index), `${layer}.${index}`));
  return mixture(graph, activation, input, width, experts, router, stored);
}

/**
 * A block: what attention and then the MLP add to the residual stream. The sum is left to the caller, because its name and
 * its norm are those of the next block.
 */
async function buildBlock(
  build: TrunkBuild,
  layer: number,
  { residual, normed }: State,
): Promise<{ residual: string; addition: string; kept: [keys: string, values: string] }> {
  const { graph, architecture } = build;
  const { output, keys, values } = await attentionOf(build, layer, normed);
  const attended = await additionOf(build, layer, 'attentionOutputNorm', output);
  const mlpNorm = await normOf(build, layer, 'mlpNorm');
  if (architecture.parallel) {
    const read = mlpNorm === undefined ? normed : normalise(graph, residual, mlpNorm);
    const fed = await additionOf(build, layer, 'mlpOutputNorm', await mlpOf(build, layer, read));
    return { residual, addition: graph.node('Add', [attended, fed]), kept: [keys, values] };
  }
  const middle = add(graph, residual, attended, mlpNorm);
  const fed = await additionOf(build, layer, 'mlpOutputNorm', await mlpOf(build, layer, middle.normed));
  return { residual: middle.residual, addition: fed, kept: [keys, values] };
}

/** Names of a state between blocks: hidden states are outputs, and the last of them is the one after the final norm. */
function namesAfter(layer: number, { layers }: Architecture): Partial<State> {
  return layer === layers ? { normed: TRUNK.hidden(layers) } : { residual: TRUNK.hidden(layer) };
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
  const { first, end } = part;
  declareInputs(graph, architecture, part);
  const build: TrunkBuild = {
    graph,
    architecture,
    precision,
    outside: weightReader(model, weights.model),
    block: (layer) => weightReader(model, weights.blocks[layer] ?? []),
    shared: await sharedInputs(graph, architecture),
  };
  const start = first === 0 ? TRUNK.hidden(0) : graph.input(TRUNK.residual, 'float32', [1, 'rows', width]);
  if (first === 0) await embed(graph, architecture, embedding, build.outside);
  const norm = await normOf(build, first, 'attentionNorm');
  // A model of a single block has none above the cut, where the final norm is all there is.
  const name = first === layers ? TRUNK.hidden(layers) : undefined;
  let state: State = {
    residual: start,
    normed: norm === undefined ? start : normalise(graph, start, norm, name),
  };
  const kept: string[] = [];
  for (let layer = first; layer < end; layer++) {
    const { residual, addition, kept: own } = await buildBlock(build, layer, state);
    kept.push(...own);
    if (layer + 1 === end && first === 0)
      graph.node('Add', [residual, addition], {}, { output: TRUNK.residual });
    else {
      const next = await normOf(build, layer + 1, 'attentionNorm');
      state = add(graph, residual, addition, next, namesAfter(layer + 1, architecture));
    }
  }
  for (const each of first === 0
    ? [...statesFrom(0, end), TRUNK.residual]
    : statesFrom(Math.min(first + 1, layers), layers + 1))
    graph.output(each, 'float32', [1, 'rows', width]);
  if (kept.length === 0) return;
  graph.node('Concat', kept, { axis: 2 }, { output: TRUNK.keysValues });
  graph.output(TRUNK.keysValues, 'float32', [1, 'rows', (end - first) * 2 * keyValueHeads * headWidth]);
}
