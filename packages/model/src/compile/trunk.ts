import type { Dimension, GraphBuilder } from '../onnx/graph.js';
import type { ModelFile } from '../weights.js';
import type { Architecture, Rotary } from './architecture.js';
import { blockTokens, treeAttention, type AttentionInputs, type Turning } from './attention.js';
import { asBytes } from './bytes.js';
import { declareGpuInputs, GPU_TRUNK, gpuAttention, gpuMixture } from './gpu-trunk.js';
import { lookUp, project, storeProjection, type StoredMatrix } from './linear.js';
import { mixture, mlp, type StoredMlp } from './mlp.js';
import { addAndNorm, normalise, storeNorm, type StoredNorm } from './norms.js';
import { isForGpu, type GpuPrecision, type GraphPrecision } from './precision.js';
import { weightReader, type WeightReader } from './read-weights.js';
import { MOST_ROWS, rotariesOf, rotaryTables } from './rotary.js';
import { storeTable } from './store.js';
import type { NormPart, Part } from './tensor-spec.js';

/** How keys and values are kept between calls: as they are computed, or rounded to 16 bits, which takes half the memory. */
export type KvCache = 'f32' | 'f16';

const ELEMENT_OF = { f32: 'float32', f16: 'float16' } as const;

/**
 * Blocks in the lower part of the trunk. A candidate whose margins are known there stops, and only the winner goes on
 * (docs/decisions/0007). At three fifths margins are read as well as anywhere, and two fifths of the work are saved.
 */
export function cutOf({ layers }: Pick<Architecture, 'layers'>): number {
  return Math.max(1, Math.round(layers * 0.6));
}

/** Names of the inputs that say what rows attend to; blocks with a sliding window have their own, where a model has some. */
function viewNames(prefix: string) {
  return {
    /**
     * For each past block that several texts have in common, the queries that attend to it, [C, keyValueHeads, R · group]:
     * row · (heads + keyValueHeads) + head, as queries and keys lie together.
     */
    sharedQueries: `${prefix}shared_queries`,
    /** The same for past blocks of one text. */
    ownQueries: `${prefix}own_queries`,
    /** Additive, [C, 1, R · group, block]; of sliding windows alone: without one a row sees all of a past block. */
    sharedMask: `${prefix}shared_mask`,
    /** The same for past blocks of one text. */
    ownMask: `${prefix}own_mask`,
    /** Additive, [B, blocks of the rest, 1, R · group, L]. */
    restMask: `${prefix}rest_mask`,
    /**
     * `[N, heads, J]`: the results that make up the attention of a row and head, in the order of the text. Results are
     * counted through [C, keyValueHeads, R · group] of the shared past, then of the own, then through [B, blocks of the
     * rest, keyValueHeads, R · group]; the number behind them stands for none.
     */
    items: `${prefix}items`,
  } as const;
}

/**
 * Names of the inputs and outputs of both parts of the trunk. A call has N rows (tokens) of B texts. What of a text lies in the
 * store as blocks (see {@link blockTokens}) is its past. The rest, with up to R rows of the call, is a line of a few blocks,
 * each of L places.
 */
export const TRUNK = {
  /** [1, N] */
  tokens: 'tokens',
  /** What the lower part passes on to the upper, which takes it instead of tokens: [1, N, width]. */
  residual: 'residual',
  /** [1, N] */
  positions: 'positions',
  /** `[B, 1, keyValueHeads, R · group]`, as those of a past; texts with fewer rows repeat one. */
  restQueries: 'rest_queries',
  /** `[B, blocks of the rest, 1, L]`: where of the store, for the first head, the tokens of the rest lie; places of none have any. */
  restPlaces: 'rest_places',
  /** `[N, keyValueHeads, 4]`: (b, block of the rest, head, place) where the keys and values of a row go. */
  newPlaces: 'new_places',
  /** `[N, keyValueHeads]`: row · (heads + keyValueHeads) + heads + head. */
  newKeys: 'new_keys',
  /** What rows attend to. */
  whole: viewNames(''),
  /** The same for blocks with a sliding window; inputs of models that have some. */
  window: viewNames('window_'),
  /** The whole store, [capacity · keyValueHeads · block, headWidth]. */
  storedKeys: (layer: number) => `stored_keys.${layer}`,
  /** Its values, as its keys. */
  storedValues: (layer: number) => `stored_values.${layer}`,
  /** Consecutive blocks of it, [C, keyValueHeads, block, headWidth]. */
  sharedKeys: (layer: number) => `shared_keys.${layer}`,
  /** Their values, as their keys. */
  sharedValues: (layer: number) => `shared_values.${layer}`,
  /** The same for blocks of one text. */
  ownKeys: (layer: number) => `own_keys.${layer}`,
  /** Their values, as their keys. */
  ownValues: (layer: number) => `own_values.${layer}`,
  /** `[N, blocks · 2 · keyValueHeads, headWidth]`: of each block of the part its keys, then its values. */
  keysValues: 'keys_values',
  /** [1, N, width] */
  hidden: (layer: number) => `hidden.${layer}`,
} as const;

/** Blocks of the trunk that are one graph: from `first` on, up to but without `end`. */
export interface TrunkPart {
  readonly first: number;
  readonly end: number;
}

/** Hidden states of the rows of a call. A GPU has products of two dimensions alone. */
function shapeOfRows(precision: GraphPrecision, width: number): readonly Dimension[] {
  return isForGpu(precision) ? ['rows', width] : [1, 'rows', width];
}

function declareInputs(
  graph: GraphBuilder,
  architecture: Architecture,
  precision: GraphPrecision,
  kvCache: KvCache,
  { first, end }: TrunkPart,
): void {
  graph.input(TRUNK.positions, 'int64', [1, 'rows']);
  const layers = Array.from({ length: end - first }, (_, index) => first + index);
  if (isForGpu(precision)) declareGpuInputs(graph, architecture, precision, layers);
  else declareHostInputs(graph, architecture, kvCache, layers);
}

function declareHostInputs(
  graph: GraphBuilder,
  { keyValueHeads, headWidth, sliding }: Architecture,
  kvCache: KvCache,
  layers: readonly number[],
): void {
  const block = blockTokens(headWidth);
  graph.input(TRUNK.restQueries, 'int32', ['texts', 1, keyValueHeads, 'queries_of_text']);
  graph.input(TRUNK.restPlaces, 'int64', ['texts', 'blocks_of_rest', 1, 'places']);
  graph.input(TRUNK.newPlaces, 'int64', ['rows', keyValueHeads, 4]);
  graph.input(TRUNK.newKeys, 'int32', ['rows', keyValueHeads]);
  for (const [names, prefix] of [
    [TRUNK.whole, ''],
    ...(sliding === undefined ? [] : [[TRUNK.window, 'window_'] as const]),
  ] as const) {
    const masked = names === TRUNK.window;
    const rest = ['texts', 'blocks_of_rest', 1, 'queries_of_text', 'places'];
    graph.input(names.restMask, 'float32', rest);
    graph.input(names.items, 'int32', ['rows', 'heads', `${prefix}items_of_row`]);
    for (const [queries, mask, kind] of [
      [names.sharedQueries, names.sharedMask, `${prefix}shared`],
      [names.ownQueries, names.ownMask, `${prefix}own`],
    ] as const) {
      graph.input(queries, 'int32', [`${kind}_blocks`, keyValueHeads, `${kind}_queries`]);
      if (masked) graph.input(mask, 'float32', [`${kind}_blocks`, 1, `${kind}_queries`, block]);
    }
  }
  const type = ELEMENT_OF[kvCache];
  const slides = new Set(sliding?.blocks);
  for (const layer of layers) {
    const prefix = slides.has(layer) ? 'window_' : '';
    for (const name of [TRUNK.storedKeys(layer), TRUNK.storedValues(layer)])
      graph.input(name, type, ['stored', headWidth]);
    for (const name of [TRUNK.sharedKeys(layer), TRUNK.sharedValues(layer)])
      graph.input(name, type, [`${prefix}shared_blocks`, keyValueHeads, block, headWidth]);
    for (const name of [TRUNK.ownKeys(layer), TRUNK.ownValues(layer)])
      graph.input(name, type, [`${prefix}own_blocks`, keyValueHeads, block, headWidth]);
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

/** How the queries and keys of each block are turned, if they are. */
async function turningsOfBlocks(
  graph: GraphBuilder,
  architecture: Architecture,
): Promise<(layer: number) => Turning | undefined> {
  const { rotary, sliding, unturned } = architecture;
  const tables = await turnings(graph, architecture);
  const slides = new Set(sliding?.blocks);
  const still = new Set(unturned);
  return (layer) => {
    const by = slides.has(layer) ? sliding?.rotary : rotary;
    return by === undefined || still.has(layer) ? undefined : tables.get(by);
  };
}

/** What the attention of a block shares with others of its kind. */
async function sharedInputs(
  graph: GraphBuilder,
  architecture: Architecture,
): Promise<(layer: number) => AttentionInputs> {
  const { sliding, keyValueHeads, headWidth } = architecture;
  const turningOf = await turningsOfBlocks(graph, architecture);
  const slides = new Set(sliding?.blocks);
  // The heads of a token lie a block apart.
  const heads = Array.from({ length: keyValueHeads }, (_, head) => head * blockTokens(headWidth));
  const column = graph.node('Unsqueeze', [graph.int64s(heads), graph.int64s([1])]);
  const gathered = graph.node('Add', [TRUNK.restPlaces, column]);
  const rest = { queries: TRUNK.restQueries, gathered, scattered: TRUNK.newPlaces };
  const items = (column: string) => ({
    column,
    row: graph.node('Unsqueeze', [column, graph.int64s([2])]),
    single: graph.node('Equal', [graph.node('Shape', [column], { start: 2 }), graph.int64s([1])]),
  });
  const whole = items(TRUNK.whole.items);
  const window = sliding === undefined ? whole : items(TRUNK.window.items);
  return (layer) => {
    const slide = slides.has(layer);
    const turning = turningOf(layer);
    const names = slide ? TRUNK.window : TRUNK.whole;
    return {
      positions: TRUNK.positions,
      past: [
        { queries: names.sharedQueries, ...(slide && { mask: names.sharedMask }) },
        { queries: names.ownQueries, ...(slide && { mask: names.ownMask }) },
      ],
      rest: { ...rest, mask: names.restMask },
      newKeys: TRUNK.newKeys,
      items: slide ? window : whole,
      ...(turning !== undefined && { turning }),
    };
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
  { embeddingScale, width }: Architecture,
  precision: GraphPrecision,
  embedding: StoredMatrix,
  reader: WeightReader,
): Promise<void> {
  const steps: ((rows: string, output?: string) => string)[] = [];
  const named = (output: string | undefined) => (output === undefined ? {} : { output });
  if (embeddingScale !== 1)
    steps.push((rows, output) => graph.node('Mul', [rows, graph.float(embeddingScale)], {}, named(output)));
  if (reader.has('positions')) {
    const table = await storeTable(graph, 'positions_embedding', reader.matrix('positions'));
    const found = graph.node('Gather', [table, TRUNK.positions]);
    const places = isForGpu(precision) ? graph.node('Reshape', [found, graph.int64s([-1, width])]) : found;
    steps.push((each, output) => graph.node('Add', [each, places], {}, named(output)));
  }
  const tokens = graph.input(TRUNK.tokens, 'int64', isForGpu(precision) ? ['rows'] : [1, 'rows']);
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

/** As {@link treeAttention} or {@link gpuAttention}. */
type Attend = (
  layer: number,
  projected: string,
  headNorms: string | undefined,
) => { readonly output: string; readonly kept: readonly string[] };

async function hostAttention(
  graph: GraphBuilder,
  architecture: Architecture,
  kvCache: KvCache,
): Promise<Attend> {
  const shared = await sharedInputs(graph, architecture);
  return (layer, projected, headNorms) => {
    const stored = {
      keys: TRUNK.storedKeys(layer),
      values: TRUNK.storedValues(layer),
      past: [
        { keys: TRUNK.sharedKeys(layer), values: TRUNK.sharedValues(layer) },
        { keys: TRUNK.ownKeys(layer), values: TRUNK.ownValues(layer) },
      ],
    };
    const half = kvCache === 'f16';
    const found = treeAttention(graph, architecture, projected, stored, shared(layer), half, headNorms);
    return { output: found.output, kept: [found.keys, found.values] };
  };
}

async function attentionOnGpu(
  graph: GraphBuilder,
  architecture: Architecture,
  precision: GpuPrecision,
): Promise<Attend> {
  const turningOf = await turningsOfBlocks(graph, architecture);
  const slides = new Set(architecture.sliding?.blocks);
  return (layer, projected, headNorms) => {
    const turning = turningOf(layer);
    const mask = slides.has(layer) ? GPU_TRUNK.windowMask : GPU_TRUNK.mask;
    const shared = { positions: TRUNK.positions, mask, ...(turning !== undefined && { turning }) };
    const output = gpuAttention(graph, architecture, precision, layer, projected, shared, headNorms);
    return { output, kept: [] };
  };
}

/** What a graph of the trunk is built with. */
interface TrunkBuild {
  readonly graph: GraphBuilder;
  readonly architecture: Architecture;
  readonly precision: GraphPrecision;
  /** The tensors outside of blocks. */
  readonly outside: WeightReader;
  /** The tensors of a block. */
  readonly block: (layer: number) => WeightReader;
  /** The attention of a block over its queries, keys and values: what is gathered, and the keys and values that come out. */
  readonly attend: Attend;
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
  { graph, architecture, precision, block, attend }: TrunkBuild,
  layer: number,
  normed: string,
): Promise<{ output: string; kept: readonly string[] }> {
  const reader = block(layer);
  const qkv = await storeProjection(graph, `qkv.${layer}`, reader, ['query', 'key', 'value'], precision);
  const norms = await headNorms(graph, reader, architecture, layer);
  const { output, kept } = attend(layer, project(graph, normed, qkv), norms);
  const out = await storeProjection(graph, `o.${layer}`, reader, ['attentionOutput'], precision);
  return { output: project(graph, output, out), kept };
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
  const { graph, architecture, block, precision } = build;
  const { activation, experts, width } = architecture;
  const reader = block(layer);
  if (experts === undefined) return mlp(graph, activation, input, await storeMlp(build, reader, `${layer}`));
  // Of a router's few rows each decides: they are not rounded.
  const exact = isForGpu(precision) ? 'gpu-f32' : 'f32';
  const router = await storeProjection(graph, `router.${layer}`, reader, ['router'], exact);
  const stored: StoredMlp[] = [];
  for (let index = 0; index < experts.count; index++)
    stored.push(await storeMlp(build, reader.expert(index), `${layer}.${index}`));
  if (isForGpu(precision)) return gpuMixture(graph, activation, input, experts, router, stored);
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
): Promise<{ residual: string; addition: string; kept: readonly string[] }> {
  const { graph, architecture } = build;
  const { output, kept } = await attentionOf(build, layer, normed);
  const attended = await additionOf(build, layer, 'attentionOutputNorm', output);
  const mlpNorm = await normOf(build, layer, 'mlpNorm');
  if (architecture.parallel) {
    const read = mlpNorm === undefined ? normed : normalise(graph, residual, mlpNorm);
    const fed = await additionOf(build, layer, 'mlpOutputNorm', await mlpOf(build, layer, read));
    return { residual, addition: graph.node('Add', [attended, fed]), kept };
  }
  const middle = add(graph, residual, attended, mlpNorm);
  const fed = await additionOf(build, layer, 'mlpOutputNorm', await mlpOf(build, layer, middle.normed));
  return { residual: middle.residual, addition: fed, kept };
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
  precision: GraphPrecision,
  kvCache: KvCache,
  part: TrunkPart,
  embedding: StoredMatrix,
): Promise<void> {
  const { layers, width, keyValueHeads, headWidth, weights } = architecture;
  const { first, end } = part;
  declareInputs(graph, architecture, precision, kvCache, part);
  const build: TrunkBuild = {
    graph,
    architecture,
    precision,
    outside: weightReader(model, weights.model),
    block: (layer) => weightReader(model, weights.blocks[layer] ?? []),
    attend: isForGpu(precision)
      ? await attentionOnGpu(graph, architecture, precision)
      : await hostAttention(graph, architecture, kvCache),
  };
  const start =
    first === 0 ? TRUNK.hidden(0) : graph.input(TRUNK.residual, 'float32', shapeOfRows(precision, width));
  if (first === 0) await embed(graph, architecture, precision, embedding, build.outside);
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
    graph.output(each, 'float32', shapeOfRows(precision, width));
  if (kept.length === 0) return;
  graph.node('Concat', kept, { axis: 1 }, { output: TRUNK.keysValues });
  const heads = (end - first) * 2 * keyValueHeads;
  graph.output(TRUNK.keysValues, ELEMENT_OF[kvCache], ['rows', heads, headWidth]);
}
