import type { GraphBuilder } from '../onnx/graph.js';
import { CONTRIB, real } from '../onnx/graph.js';
import type { Architecture } from './architecture.js';
import { multiply, type StoredMatrix } from './linear.js';

/** RMSNorm (Zhang & Sennrich 2019): input · weight / √(mean(input²) + ε). */
export function rmsNorm(graph: GraphBuilder, input: string, weight: string, epsilon: number): string {
  return graph.node('SimplifiedLayerNormalization', [input, weight], { axis: -1, epsilon: real(epsilon) });
}

/** Adds to the residual stream and norms the sum, in one operator; returns both. */
export function addAndNorm(
  graph: GraphBuilder,
  stream: string,
  addition: string,
  weight: string,
  epsilon: number,
): { stream: string; normed: string } {
  const normed = graph.fresh('normed');
  const sum = graph.fresh('stream');
  graph.nodes(
    'SkipSimplifiedLayerNormalization',
    [stream, addition, weight],
    [normed, '', '', sum],
    { epsilon: real(epsilon) },
    CONTRIB,
  );
  return { stream: sum, normed };
}

/** Values that all attention blocks of a trunk share. */
export interface AttentionInputs {
  /** [1, N] */
  readonly positions: string;
  /** Additive, [N, C + N]. */
  readonly mask: string;
  readonly cos: string;
  readonly sin: string;
}

/**
 * Grouped-query attention over the past and the rows of this call, rotary positions included. Every row
 * sees what the mask leaves it. Keys and values of the new rows are returned as
 * [1, N, keyValueHeads · headWidth].
 */
export function treeAttention(
  graph: GraphBuilder,
  { heads, keyValueHeads, headWidth, rotary }: Architecture,
  projected: string,
  past: { keys: string; values: string },
  shared: AttentionInputs,
): { output: string; keys: string; values: string } {
  const splitHeads = (value: string, first: number, second: number) =>
    split(graph, value, first * headWidth, second * headWidth);
  const [turning, values] = splitHeads(projected, heads + keyValueHeads, keyValueHeads);
  const turned = graph.node(
    'RotaryEmbedding',
    [turning, shared.positions, shared.cos, shared.sin],
    { num_heads: heads + keyValueHeads, interleaved: rotary.interleaved ? 1 : 0 },
    { domain: CONTRIB },
  );
  const [queries, keys] = splitHeads(turned, heads, keyValueHeads);
  const output = graph.fresh('attended');
  // The second and third output are the past and the new rows together, which the operator needs for itself.
  graph.nodes(
    'Attention',
    [queries, keys, values, shared.mask, past.keys, past.values],
    [output, graph.fresh('keys'), graph.fresh('values')],
    { q_num_heads: heads, kv_num_heads: keyValueHeads, scale: real(1 / Math.sqrt(headWidth)) },
  );
  return { output, keys, values };
}

/** The first and the last columns of a value. */
function split(graph: GraphBuilder, value: string, first: number, second: number): [string, string] {
  const parts: [string, string] = [graph.fresh('part'), graph.fresh('part')];
  graph.nodes('Split', [value, graph.int64s([first, second])], parts, { axis: -1 });
  return parts;
}

/** SwiGLU (Shazeer 2020): down(silu(gate · x) ⊙ (up · x)); gate and up are one product. */
export function gatedMlp(
  graph: GraphBuilder,
  input: string,
  gateAndUp: StoredMatrix,
  down: StoredMatrix,
): string {
  const half = gateAndUp.rows / 2;
  const [gate, up] = split(graph, multiply(graph, input, gateAndUp), half, half);
  const activated = graph.node('QuickGelu', [gate], { alpha: real(1) }, { domain: CONTRIB });
  return multiply(graph, graph.node('Mul', [activated, up]), down);
}
