import type { GraphBuilder } from '../onnx/graph.js';
import type { Activation, Architecture, Experts } from './architecture.js';
import { clip, normHeads, softlyCapped, split, turn, type AttentionInputs } from './attention.js';
import { cast } from './gpu-linear.js';
import type { GpuPrecision } from './precision.js';
import type { StoredProjection } from './linear.js';
import { mlp, route, type StoredMlp } from './mlp.js';

/**
 * Names of the inputs and outputs of both parts of the trunk that a GPU runs, besides those of `TRUNK`: `tokens` [N],
 * `residual` and hidden states [N, width], `positions` [1, N].
 * A call has N rows and one line of L slots, those of all ancestors of its rows and then their own.
 */
export const GPU_TRUNK = {
  /** Slots where the keys and values of the rows go, [N, 1]. */
  rowSlots: 'row_slots',
  /** For each head, in order, slot · keyValueHeads + head of every slot of the line, [keyValueHeads · L]. */
  line: 'line',
  /** Additive, [N, L]. */
  mask: 'mask',
  /** The same for blocks with a sliding window; an input of models that have some. */
  windowMask: 'window_mask',
  /** The store, [slots, keyValueHeads · headWidth]. */
  pastKeys: (layer: number) => `past_keys.${layer}`,
  /** As `pastKeys`. */
  pastValues: (layer: number) => `past_values.${layer}`,
  /** The store with the keys of the rows in it: to be bound to the tensor that is fed as `past_keys.i`. */
  keys: (layer: number) => `keys.${layer}`,
  /** As `keys`. */
  values: (layer: number) => `values.${layer}`,
} as const;

/** In which precision keys and values are kept. */
export function keyValueType(precision: GpuPrecision): 'float32' | 'float16' {
  return precision === 'gpu-f16' ? 'float16' : 'float32';
}

/** Declares what the attention of a call reads. */
export function declareGpuInputs(
  graph: GraphBuilder,
  { keyValueHeads, headWidth, sliding }: Architecture,
  precision: GpuPrecision,
  layers: readonly number[],
): void {
  graph.input(GPU_TRUNK.rowSlots, 'int64', ['rows', 1]);
  graph.input(GPU_TRUNK.line, 'int64', ['line_of_heads']);
  graph.input(GPU_TRUNK.mask, 'float32', ['rows', 'line']);
  if (sliding !== undefined) graph.input(GPU_TRUNK.windowMask, 'float32', ['rows', 'line']);
  const type = keyValueType(precision);
  for (const layer of layers) {
    const shape = ['slots', keyValueHeads * headWidth];
    graph.input(GPU_TRUNK.pastKeys(layer), type, shape);
    graph.input(GPU_TRUNK.pastValues(layer), type, shape);
    graph.output(GPU_TRUNK.keys(layer), type, shape);
    graph.output(GPU_TRUNK.values(layer), type, shape);
  }
}

/**
 * Attention of the rows of a call over a line of keys and values that they all share, of which the mask leaves each its ancestors
 * and itself. Made of operators that ONNX Runtime has for WebGPU. The keys and values of the rows are written into the store
 * first, in place where its outputs are bound to its inputs, so that nothing is copied but the line.
 *
 * @param projected - Queries, keys and values of the rows, [N, (heads + 2 · keyValueHeads) · headWidth].
 * @returns What the heads have gathered, [N, heads · headWidth].
 */
export function gpuAttention(
  graph: GraphBuilder,
  architecture: Architecture,
  precision: GpuPrecision,
  layer: number,
  projected: string,
  shared: Pick<AttentionInputs, 'positions' | 'turning'> & { readonly mask: string },
  headNorms?: string,
): string {
  const { heads, keyValueHeads, headWidth, attention } = architecture;
  const limited = attention.clip === undefined ? projected : clip(graph, projected, attention.clip);
  const [unturned, values] = split(
    graph,
    limited,
    (heads + keyValueHeads) * headWidth,
    keyValueHeads * headWidth,
  );
  const rows = graph.node('Reshape', [unturned, graph.int64s([1, -1, (heads + keyValueHeads) * headWidth])]);
  const norm = (each: string) =>
    headNorms === undefined ? each : normHeads(graph, architecture, each, headNorms);
  const turned = attention.normsTurned
    ? norm(turn(graph, architecture, rows, shared))
    : turn(graph, architecture, norm(rows), shared);
  const [queries, keys] = split(graph, turned, heads * headWidth, keyValueHeads * headWidth);
  const keep = (stored: string, each: string, output: string) =>
    lineOf(graph, architecture, writeRows(graph, architecture, precision, stored, each, output));
  const keyLine = keep(GPU_TRUNK.pastKeys(layer), keys, GPU_TRUNK.keys(layer));
  const valueLine = keep(GPU_TRUNK.pastValues(layer), values, GPU_TRUNK.values(layer));
  return attend(graph, architecture, precision, queries, keyLine, valueLine, shared.mask);
}

/** The store with the rows in their slots. */
function writeRows(
  graph: GraphBuilder,
  { keyValueHeads, headWidth }: Architecture,
  precision: GpuPrecision,
  stored: string,
  rows: string,
  output: string,
): string {
  const flat = graph.node('Reshape', [rows, graph.int64s([-1, keyValueHeads * headWidth])]);
  const typed = keyValueType(precision) === 'float32' ? flat : cast(graph, flat, 'float16');
  return graph.node('ScatterND', [stored, GPU_TRUNK.rowSlots, typed], {}, { output });
}

/** [slots, keyValueHeads · headWidth] → [keyValueHeads, L, headWidth]: gathered and turned about at once. */
function lineOf(graph: GraphBuilder, { keyValueHeads, headWidth }: Architecture, stored: string): string {
  const flat = graph.node('Reshape', [stored, graph.int64s([-1, headWidth])]);
  const gathered = graph.node('Gather', [flat, GPU_TRUNK.line], { axis: 0 });
  return graph.node('Reshape', [gathered, graph.int64s([keyValueHeads, -1, headWidth])]);
}

/** Queries [1, N, heads · headWidth] over a line [keyValueHeads, L, headWidth]; the queries of a head of keys are rows of one product. */
function attend(
  graph: GraphBuilder,
  { heads, keyValueHeads, headWidth, attention }: Architecture,
  precision: GpuPrecision,
  queries: string,
  keys: string,
  values: string,
  mask: string,
): string {
  const group = heads / keyValueHeads;
  const reshape = (value: string, shape: readonly number[]) =>
    graph.node('Reshape', [value, graph.int64s(shape)]);
  const isHalf = precision === 'gpu-f16';
  const toHalf = (value: string) => (isHalf ? cast(graph, value, 'float16') : value);
  const toSingle = (value: string) => (isHalf ? cast(graph, value, 'float32') : value);
  // Scaled before the product: in half precision it could overflow.
  const scaled = graph.node('Mul', [queries, graph.float(attention.scale)]);
  const apart = reshape(scaled, [-1, keyValueHeads, group, headWidth]);
  const columns = reshape(graph.node('Transpose', [apart], { perm: [1, 3, 2, 0] }), [
    keyValueHeads,
    headWidth,
    -1,
  ]);
  // Keys times queries and not the other way round: the line, which is long, stays as it lies.
  const products = toSingle(graph.node('MatMul', [keys, toHalf(columns)]));
  const byRow = reshape(graph.node('Transpose', [products], { perm: [0, 2, 1] }), [heads, -1, 0]);
  const scores = attention.softCap === undefined ? byRow : softlyCapped(graph, byRow, attention.softCap);
  const weights = graph.node('Softmax', [graph.node('Add', [scores, mask])], { axis: -1 });
  const gathered = toSingle(graph.node('MatMul', [toHalf(reshape(weights, [keyValueHeads, -1, 0])), values]));
  const perHead = reshape(gathered, [heads, -1, headWidth]);
  return reshape(graph.node('Transpose', [perHead], { perm: [1, 0, 2] }), [-1, heads * headWidth]);
}

/**
 * A mixture of experts: every expert takes all rows, because ONNX Runtime cannot pick rows on a GPU, and those that the router does
 * not send to it count nothing.
 */
export function gpuMixture(
  graph: GraphBuilder,
  activation: Activation,
  rows: string,
  experts: Experts,
  router: StoredProjection,
  stored: readonly StoredMlp[],
): string {
  const weights = route(graph, rows, router, experts);
  let sum: string | undefined;
  for (const [index, expert] of stored.entries()) {
    const column = graph.node('Gather', [weights, graph.int64s([index])], { axis: 1 });
    const made = graph.node('Mul', [mlp(graph, activation, rows, expert), column]);
    sum = sum === undefined ? made : graph.node('Add', [sum, made]);
  }
  return sum ?? rows;
}
