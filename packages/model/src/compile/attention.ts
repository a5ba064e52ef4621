import type { GraphBuilder } from '../onnx/graph.js';
import { CONTRIB, real } from '../onnx/graph.js';
import type { Architecture } from './architecture.js';
import { normalise } from './norms.js';

/** Tables of the cosines and sines of positions, in the graph. */
export interface Turning {
  readonly cos: string;
  readonly sin: string;
  readonly interleaved: boolean;
  /** How many numbers of a head are turned, from its first on. */
  readonly width: number;
}

/** Values that all attention blocks of a trunk share; see {@link TRUNK} for what they mean. */
export interface AttentionInputs {
  readonly positions: string;
  /** Absent where queries and keys are not turned. */
  readonly turning?: Turning;
  readonly queryIndex: string;
  readonly outputIndex: string;
  readonly pastSlots: string;
  readonly slotMapping: string;
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
  const { heads, keyValueHeads, headWidth, attention } = architecture;
  const splitHeads = (value: string, first: number, second: number) =>
    split(graph, value, first * headWidth, second * headWidth);
  const limited = attention.clip === undefined ? projected : clip(graph, projected, attention.clip);
  const [unturned, values] = splitHeads(limited, heads + keyValueHeads, keyValueHeads);
  const norm = (rows: string) =>
    headNorms === undefined ? rows : normHeads(graph, architecture, rows, headNorms);
  const turned = attention.normsTurned
    ? norm(turn(graph, architecture, unturned, shared))
    : turn(graph, architecture, norm(unturned), shared);
  const [queries, keys] = splitHeads(turned, heads, keyValueHeads);
  const lines = (stored: string, rows: string) =>
    graph.node('ScatterND', [graph.node('Gather', [stored, shared.pastSlots]), shared.slotMapping, rows]);
  const attended = attend(
    graph,
    architecture,
    graph.node('GatherND', [queries, shared.queryIndex]),
    lines(past.keys, keys),
    lines(past.values, values),
    shared.mask,
  );
  return { output: graph.node('GatherND', [attended, shared.outputIndex]), keys, values };
}

/** Queries [B, R, heads · headWidth] over the lines [B, T, keyValueHeads · headWidth] of their texts. */
function attend(
  graph: GraphBuilder,
  { heads, keyValueHeads, headWidth, attention }: Architecture,
  queries: string,
  keys: string,
  values: string,
  mask: string,
): string {
  const { scale, softCap } = attention;
  if (softCap === undefined)
    return graph.node('Attention', [queries, keys, values, mask], {
      q_num_heads: heads,
      kv_num_heads: keyValueHeads,
      scale: real(scale),
    });
  // The operator caps scores after it has added the mask, so that what must not be seen would be.
  const apart = (value: string, group: number, perm: readonly number[]) =>
    graph.node(
      'Transpose',
      [graph.node('Reshape', [value, graph.int64s([0, 0, keyValueHeads, group, headWidth])])],
      {
        perm,
      },
    );
  const group = heads / keyValueHeads;
  const products = graph.node('MatMul', [
    apart(queries, group, [0, 2, 3, 1, 4]),
    apart(keys, 1, [0, 2, 3, 4, 1]),
  ]);
  const scores = softlyCapped(graph, graph.node('Mul', [products, graph.float(scale)]), softCap);
  const masked = graph.node('Add', [scores, graph.node('Unsqueeze', [mask, graph.int64s([2])])]);
  const gathered = graph.node('MatMul', [
    graph.node('Softmax', [masked], { axis: -1 }),
    apart(values, 1, [0, 2, 3, 1, 4]),
  ]);
  const rows = graph.node('Transpose', [gathered], { perm: [0, 3, 1, 2, 4] });
  return graph.node('Reshape', [rows, graph.int64s([0, 0, heads * headWidth])]);
}

/** cap · tanh(value / cap). */
export function softlyCapped(graph: GraphBuilder, value: string, cap: number, output?: string): string {
  const bent = graph.node('Tanh', [graph.node('Div', [value, graph.float(cap)])]);
  return graph.node('Mul', [bent, graph.float(cap)], {}, output === undefined ? {} : { output });
}

function clip(graph: GraphBuilder, value: string, limit: number): string {
  return graph.node('Clip', [value, graph.float(-limit), graph.float(limit)]);
}

/** Turns queries and keys by their positions. */
function turn(
  graph: GraphBuilder,
  { heads, keyValueHeads, headWidth }: Architecture,
  rows: string,
  { turning, positions }: AttentionInputs,
): string {
  if (turning === undefined) return rows;
  const attributes = {
    num_heads: heads + keyValueHeads,
    interleaved: turning.interleaved ? 1 : 0,
    ...(turning.width < headWidth && { rotary_embedding_dim: turning.width }),
  };
  const inputs = [rows, positions, turning.cos, turning.sin];
  return graph.node('RotaryEmbedding', inputs, attributes, { domain: CONTRIB });
}

/** Norm of every head by itself, or of all queries and of all keys; `weights` is [heads + keyValueHeads, headWidth]. */
function normHeads(
  graph: GraphBuilder,
  { heads, keyValueHeads, headWidth, norm, normEpsilon, attention }: Architecture,
  input: string,
  weights: string,
): string {
  const normed = (value: string, width: number) => {
    const weight = graph.node('Expand', [graph.float(1), graph.int64s([width])]);
    return normalise(graph, value, { kind: norm, epsilon: normEpsilon, weight });
  };
  const all = heads + keyValueHeads;
  const apart = (value: string) => graph.node('Reshape', [value, graph.int64s([1, -1, all, headWidth])]);
  const together = () => {
    const widths = [heads * headWidth, keyValueHeads * headWidth];
    const parts = split(graph, input, ...(widths as [number, number]));
    return apart(
      graph.node(
        'Concat',
        parts.map((part, index) => normed(part, widths[index] ?? 0)),
        { axis: -1 },
      ),
    );
  };
  const each = attention.headNorms === 'each' ? normed(apart(input), headWidth) : together();
  const weighted = graph.node('Mul', [each, weights]);
  return graph.node('Reshape', [weighted, graph.int64s([1, -1, all * headWidth])]);
}

/** The first and the last columns of a value. */
function split(graph: GraphBuilder, value: string, first: number, second: number): [string, string] {
  const parts: [string, string] = [graph.fresh('part'), graph.fresh('part')];
  graph.nodes('Split', [value, graph.int64s([first, second])], parts, { axis: -1 });
  return parts;
}
