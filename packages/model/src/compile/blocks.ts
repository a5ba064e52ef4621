import type { GraphBuilder } from '../onnx/graph.js';
import { CONTRIB, real } from '../onnx/graph.js';
import type { Architecture } from './architecture.js';
import { multiply, type StoredMatrix } from './linear.js';

/** RMSNorm (Zhang & Sennrich 2019): input · weight / √(mean(input²) + ε). */
export function rmsNorm(
  graph: GraphBuilder,
  input: string,
  weight: string,
  epsilon: number,
  output: string,
): string {
  const attributes = { axis: -1, epsilon: real(epsilon) };
  return graph.node('SimplifiedLayerNormalization', [input, weight], attributes, { output });
}

/** Adds to the residual stream and norms the sum, in one operator; `names` are those of the results. */
export function addAndNorm(
  graph: GraphBuilder,
  stream: string,
  addition: string,
  weight: string,
  epsilon: number,
  names: { stream: string; normed: string },
): void {
  graph.nodes(
    'SkipSimplifiedLayerNormalization',
    [stream, addition, weight],
    [names.normed, '', '', names.stream],
    { epsilon: real(epsilon) },
    CONTRIB,
  );
}

/** Values that all attention blocks of a trunk share; see {@link TRUNK} for what they mean. */
export interface AttentionInputs {
  readonly positions: string;
  readonly cos: string;
  readonly sin: string;
  readonly queries: string;
  readonly answers: string;
  readonly ancestors: string;
  readonly places: string;
  readonly mask: string;
}

/**
 * Grouped-query attention of the rows of a call over their ancestors and each other, rotary positions
 * included. Every text of the call has a line of keys and values of its own, its ancestors in order from 0
 * and then its rows, so that a row's sums do not depend on the other texts: docs/decisions/0004. Keys and
 * values of the new rows are returned as [1, N, keyValueHeads · headWidth].
 *
 * @param headNorms - Weights [heads + keyValueHeads, headWidth] of a norm of each query and key, if there is one.
 */
export function treeAttention(
  graph: GraphBuilder,
  architecture: Architecture,
  projected: string,
  past: { keys: string; values: string },
  shared: AttentionInputs,
  headNorms?: string,
): { output: string; keys: string; values: string } {
  const { heads, keyValueHeads, headWidth, rotary } = architecture;
  const splitHeads = (value: string, first: number, second: number) =>
    split(graph, value, first * headWidth, second * headWidth);
  const [unturned, values] = splitHeads(projected, heads + keyValueHeads, keyValueHeads);
  const turning = headNorms === undefined ? unturned : normHeads(graph, architecture, unturned, headNorms);
  const turned = graph.node(
    'RotaryEmbedding',
    [turning, shared.positions, shared.cos, shared.sin],
    { num_heads: heads + keyValueHeads, interleaved: rotary.interleaved ? 1 : 0 },
    { domain: CONTRIB },
  );
  const [queries, keys] = splitHeads(turned, heads, keyValueHeads);
  const lines = (stored: string, rows: string) =>
    graph.node('ScatterND', [graph.node('Gather', [stored, shared.ancestors]), shared.places, rows]);
  const attended = graph.node(
    'Attention',
    [
      graph.node('GatherND', [queries, shared.queries]),
      lines(past.keys, keys),
      lines(past.values, values),
      shared.mask,
    ],
    { q_num_heads: heads, kv_num_heads: keyValueHeads, scale: real(1 / Math.sqrt(headWidth)) },
  );
  return { output: graph.node('GatherND', [attended, shared.answers]), keys, values };
}

/** RMSNorm of every head by itself; `weights` is [heads, headWidth], of queries and keys. */
function normHeads(
  graph: GraphBuilder,
  { heads, keyValueHeads, headWidth, normEpsilon }: Architecture,
  input: string,
  weights: string,
): string {
  const all = heads + keyValueHeads;
  const apart = graph.node('Reshape', [input, graph.int64s([1, -1, all, headWidth])]);
  const scale = graph.node('Expand', [graph.float(1), graph.int64s([headWidth])]);
  const normed = rmsNorm(graph, apart, scale, normEpsilon, graph.fresh('normed'));
  const weighted = graph.node('Mul', [normed, weights]);
  return graph.node('Reshape', [weighted, graph.int64s([1, -1, all * headWidth])]);
}

/** The first and the last columns of a value. */
function split(graph: GraphBuilder, value: string, first: number, second: number): [string, string] {
  const parts: [string, string] = [graph.fresh('part'), graph.fresh('part')];
  graph.nodes('Split', [value, graph.int64s([first, second])], parts, { axis: -1 });
  return parts;
}

/** A gated MLP (Shazeer 2020, SwiGLU and GEGLU): down(activation(gate · x) ⊙ (up · x)); gate and up are one product. */
export function gatedMlp(
  graph: GraphBuilder,
  activation: Architecture['activation'],
  input: string,
  gateAndUp: StoredMatrix,
  down: StoredMatrix,
): string {
  const half = gateAndUp.rows / 2;
  const [gate, up] = split(graph, multiply(graph, input, gateAndUp), half, half);
  const activated =
    activation === 'silu'
      ? graph.node('QuickGelu', [gate], { alpha: real(1) }, { domain: CONTRIB })
      : graph.node('Gelu', [gate], { approximate: 'tanh' });
  return multiply(graph, graph.node('Mul', [activated, up]), down);
}
