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
  readonly positions: string;
  readonly mask: string;
  readonly cos: string;
  readonly sin: string;
}

/**
 * Grouped-query attention over the past and the rows of this call, rotary positions included. Every row
 * sees what the mask leaves it. Keys and values of the new rows are returned as [N, keyValueHeads · headWidth].
 */
export function treeAttention(
  graph: GraphBuilder,
  architecture: Architecture,
  projected: string,
  past: { keys: string; values: string },
  shared: AttentionInputs,
): { output: string; keys: string; values: string } {
  const { heads, keyValueHeads, headWidth } = architecture;
  const group = heads / keyValueHeads;
  const keyWidth = keyValueHeads * headWidth;
  const turning = graph.fresh('turning');
  const values = graph.fresh('values');
  graph.nodes(
    'Split',
    [projected, graph.int64s([heads * headWidth + keyWidth, keyWidth])],
    [turning, values],
    { axis: 1 },
  );
  const turned = graph.node(
    'RotaryEmbedding',
    [graph.node('Unsqueeze', [turning, graph.int64s([0])]), shared.positions, shared.cos, shared.sin],
    { interleaved: architecture.rotary.interleaved ? 1 : 0, num_heads: heads + keyValueHeads },
    { domain: CONTRIB },
  );
  const queries = graph.fresh('queries');
  const keys3 = graph.fresh('keys');
  graph.nodes('Split', [turned, graph.int64s([heads * headWidth, keyWidth])], [queries, keys3], { axis: 2 });
  const keys = graph.node('Squeeze', [keys3, graph.int64s([0])]);
  const byHead = (value: string) =>
    graph.node('Transpose', [graph.node('Reshape', [value, graph.int64s([-1, keyValueHeads, headWidth])])], {
      perm: [1, 0, 2],
    });
  const grouped = graph.node('Reshape', [
    graph.node(
      'Transpose',
      [graph.node('Reshape', [queries, graph.int64s([-1, keyValueHeads, group * headWidth])])],
      { perm: [1, 0, 2] },
    ),
    graph.int64s([keyValueHeads, -1, headWidth]),
  ]);
  const scores = (theirs: string) =>
    graph.node(
      'FusedMatMul',
      [grouped, theirs],
      { transB: 1, alpha: real(1 / Math.sqrt(headWidth)) },
      { domain: CONTRIB },
    );
  const newKeys = byHead(keys);
  const newValues = byHead(values);
  const allKeys = graph.node('Concat', [past.keys, newKeys], { axis: 1 });
  const allValues = graph.node('Concat', [past.values, newValues], { axis: 1 });
  const weights = graph.node('Softmax', [graph.node('Add', [scores(allKeys), shared.mask])], { axis: -1 });
  const mixed = graph.node('MatMul', [weights, allValues]);
  const back = graph.node(
    'Transpose',
    [graph.node('Reshape', [mixed, graph.int64s([keyValueHeads, -1, group * headWidth])])],
    { perm: [1, 0, 2] },
  );
  return { output: graph.node('Reshape', [back, graph.int64s([-1, heads * headWidth])]), keys, values };
}

/** SwiGLU (Shazeer 2020): down(silu(gate · x) ⊙ (up · x)); gate and up are one product. */
export function gatedMlp(
  graph: GraphBuilder,
  input: string,
  gateAndUp: StoredMatrix,
  down: StoredMatrix,
): string {
  const gate = graph.fresh('gate');
  const up = graph.fresh('up');
  graph.nodes('Split', [multiply(graph, input, gateAndUp)], [gate, up], { axis: 1, num_outputs: 2 });
  const activated = graph.node('QuickGelu', [gate], { alpha: real(1) }, { domain: CONTRIB });
  return multiply(graph, graph.node('Mul', [activated, up]), down);
}
