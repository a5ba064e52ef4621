import type { GraphBuilder } from '../onnx/graph.js';
import { CONTRIB, ELEMENT, real } from '../onnx/graph.js';
import type { Architecture } from './architecture.js';
import { normalise } from './norms.js';

/** The largest number of float16. */
const LARGEST_HALF = 65_504;

/** A score that no block has: the weight of what is not there becomes exactly zero. */
const LOWEST = -1e30;

/** Tables of the cosines and sines of positions, in the graph. */
export interface Turning {
  readonly cos: string;
  readonly sin: string;
  readonly interleaved: boolean;
  /** How many numbers of a head are turned, from its first on. */
  readonly width: number;
}

/** Values that all attention blocks of a kind share; see {@link TRUNK} for what they mean. */
export interface AttentionInputs {
  readonly positions: string;
  /** Absent where queries and keys are not turned. */
  readonly turning?: Turning;
  /** [N, keyValueHeads]: the new keys among [N · (heads + keyValueHeads), headWidth] queries and keys. */
  readonly newKeys: string;
  /** The past that several texts of a call have in common, and the past of one text alone. */
  readonly past: readonly { readonly queries: string; readonly mask?: string }[];
  readonly rest: {
    readonly queries: string;
    /** `[B, blocks, keyValueHeads, L]`: what is gathered, of the store as [capacity · keyValueHeads · block, headWidth]. */
    readonly gathered: string;
    /** `[N, keyValueHeads, 4]`: where the keys and values of a row go in what was gathered. */
    readonly scattered: string;
    readonly mask: string;
  };
  /**
   * The results that make up the attention of a row and head, in the order of the text: [N, heads, J] and [N, heads, 1, J].
   * `single`: whether J is 1, as a boolean. All of them are of the rest then.
   */
  readonly items: { readonly column: string; readonly row: string; readonly single: string };
}

/** Names of the keys and values of a block of the model. */
export interface StoredPast {
  /** The whole store, [capacity · keyValueHeads · block, headWidth]. */
  readonly keys: string;
  readonly values: string;
  /** Consecutive blocks of it, for each of {@link AttentionInputs.past}: [blocks, keyValueHeads, block, headWidth]. */
  readonly past: readonly { readonly keys: string; readonly values: string }[];
}

/** The most numbers of a matrix that ONNX Runtime multiplies without dividing the sums. */
const UNDIVIDED = 128 * 128;

/**
 * How many consecutive tokens of a text are a block, whose keys and values lie together: of so many no product divides its
 * sums, whatever its other sizes, so that each has the same bits in any company (docs/decisions/0027).
 */
export function blockTokens(headWidth: number): number {
  let tokens = 128;
  while (tokens > 16 && tokens * headWidth > UNDIVIDED) tokens /= 2;
  return tokens;
}

/** Attention of some rows over one block each: their scores, the shares of the softmax and the attended values. */
interface Attended {
  readonly scores: string;
  readonly shares: string;
  readonly values: string;
}

/**
 * Grouped-query attention of the rows of a call over their ancestors and each other, rotary positions
 * included. A text is attended to block by block, and what blocks give is put together in their order, so that a row's sums do
 * not depend on the other texts, nor on where a block lies. Past blocks are read where they lie in the store; the rest of a
 * text, with the new rows, is gathered. Keys and values of the new rows are returned as [N, keyValueHeads, headWidth].
 *
 * @param half - Whether keys and values are kept as float16.
 * @param headNorms - Weights [heads + keyValueHeads, headWidth] of a norm of each query and key, if there is one.
 */
export function treeAttention(
  graph: GraphBuilder,
  architecture: Architecture,
  projected: string,
  stored: StoredPast,
  shared: AttentionInputs,
  half: boolean,
  headNorms?: string,
): { output: string; keys: string; values: string } {
  const { heads, keyValueHeads, headWidth, attention } = architecture;
  const limited = attention.clip === undefined ? projected : clip(graph, projected, attention.clip);
  const kept = keyValueHeads * headWidth;
  const [unturned, newValues] = split(graph, limited, heads * headWidth + kept, kept);
  const norm = (rows: string) =>
    headNorms === undefined ? rows : normHeads(graph, architecture, rows, headNorms);
  const turned = attention.normsTurned
    ? norm(turn(graph, architecture, unturned, shared))
    : turn(graph, architecture, norm(unturned), shared);
  const flat = graph.node('Reshape', [turned, graph.int64s([-1, headWidth])]);
  const keep = (rows: string) =>
    half ? graph.node('Cast', [clip(graph, rows, LARGEST_HALF)], { to: ELEMENT.float16 }) : rows;
  const widened = (value: string) => (half ? graph.node('Cast', [value], { to: ELEMENT.float32 }) : value);
  const keys = keep(graph.node('Gather', [flat, shared.newKeys]));
  const values = keep(graph.node('Reshape', [newValues, graph.int64s([-1, keyValueHeads, headWidth])]));
  const line = (store: string, rows: string) =>
    widened(
      graph.node('ScatterND', [
        graph.node('Gather', [store, shared.rest.gathered]),
        shared.rest.scattered,
        rows,
      ]),
    );
  const queriesOf = (index: string) => graph.node('Gather', [flat, index]);
  const lines = { keys: line(stored.keys, keys), values: line(stored.values, values) };
  const rest = attend(graph, attention, queriesOf(shared.rest.queries), lines, shared.rest.mask);
  const past = () =>
    shared.past.map(({ queries, mask }, index) => {
      const blocks = stored.past[index];
      const wide = { keys: widened(blocks?.keys ?? ''), values: widened(blocks?.values ?? '') };
      return attend(graph, attention, queriesOf(queries), wide, mask);
    });
  // Most texts are short: nothing of them is put together, and no node is run for a past that they do not have.
  const output = graph.either(
    shared.items.single,
    {
      taken: () => takeSingle(graph, architecture, rest, shared.items),
      otherwise: () => putTogether(graph, architecture, [...past(), rest], shared.items),
    },
    'float32',
    [1, 'rows', heads * headWidth],
  );
  return { output, keys, values };
}

/** Queries [blocks, keyValueHeads, rows, headWidth] over keys and values [blocks, keyValueHeads, tokens, headWidth]. */
function attend(
  graph: GraphBuilder,
  { scale, softCap }: Architecture['attention'],
  queries: string,
  { keys, values }: { keys: string; values: string },
  mask: string | undefined,
): Attended {
  const products = graph.node(
    'FusedMatMul',
    [queries, keys],
    { transB: 1, alpha: real(scale) },
    { domain: CONTRIB },
  );
  // What must not be seen is masked after the cap, or it would be seen a little.
  const scores = softCap === undefined ? products : softlyCapped(graph, products, softCap);
  const masked = mask === undefined ? scores : graph.node('Add', [scores, mask]);
  const shares = graph.node('Softmax', [masked], { axis: -1 });
  return { scores: masked, shares, values: graph.node('MatMul', [shares, values]) };
}

/** The attention of rows that see a single block: what {@link putTogether} makes of one, to the last bit. */
function takeSingle(
  graph: GraphBuilder,
  { heads, headWidth }: Architecture,
  { values }: Attended,
  { column }: AttentionInputs['items'],
): string {
  const all = graph.node('Reshape', [values, graph.int64s([-1, headWidth])]);
  const found = graph.node('Gather', [all, column]);
  return graph.node('Reshape', [found, graph.int64s([1, -1, heads * headWidth])]);
}

/**
 * One softmax over all blocks of a row: block b of highest score m and largest share s has the weight exp(m) / s, because s is
 * 1 / Σ exp(score − m). Every exponential is one of the softmax operator, which treats rows alike wherever they lie. The weight of
 * an only block is exactly 1.
 */
function putTogether(
  graph: GraphBuilder,
  { heads, headWidth }: Architecture,
  parts: readonly Attended[],
  items: AttentionInputs['items'],
): string {
  const none = (value: number, shape: readonly number[]) =>
    graph.node('Expand', [graph.float(value), graph.int64s(shape)]);
  const joined = (of: (part: Attended) => string, shape: readonly number[], last: string) =>
    graph.node(
      'Concat',
      [...parts.map((part) => graph.node('Reshape', [of(part), graph.int64s(shape)])), last],
      { axis: 0 },
    );
  const reshaped = (value: string, shape: readonly number[]) =>
    graph.node('Reshape', [value, graph.int64s(shape)]);
  const most = (value: string) => graph.node('ReduceMax', [value, graph.int64s([-1])], { keepdims: 0 });
  const highest = joined(({ scores }) => most(scores), [-1], none(LOWEST, [1]));
  const largest = joined(({ shares }) => most(shares), [-1], none(1, [1]));
  const values = joined((part) => part.values, [-1, headWidth], none(0, [1, headWidth]));
  const sums = graph.node('Div', [graph.float(1), largest]);
  // A product of a row and a column, and not of two columns: each row and head is a product by itself.
  const exponentials = graph.node('Softmax', [graph.node('Gather', [highest, items.row])], { axis: -1 });
  const own = graph.node('Gather', [sums, items.row]);
  const total = graph.node('MatMul', [exponentials, reshaped(own, [0, 0, -1, 1])]);
  const weights = graph.node('Div', [graph.node('Mul', [exponentials, own]), total]);
  const found = graph.node('Gather', [values, items.column]);
  return reshaped(graph.node('MatMul', [weights, found]), [1, -1, heads * headWidth]);
}

/** cap · tanh(value / cap). */
export function softlyCapped(graph: GraphBuilder, value: string, cap: number, output?: string): string {
  const bent = graph.node('Tanh', [graph.node('Div', [value, graph.float(cap)])]);
  return graph.node('Mul', [bent, graph.float(cap)], {}, output === undefined ? {} : { output });
}

/** Limits numbers to ±`limit`. */
export function clip(graph: GraphBuilder, value: string, limit: number): string {
  return graph.node('Clip', [value, graph.float(-limit), graph.float(limit)]);
}

/** Turns queries and keys by their positions; `rows` is [1, N, (heads + keyValueHeads) · headWidth]. */
export function turn(
  graph: GraphBuilder,
  { heads, keyValueHeads, headWidth }: Architecture,
  rows: string,
  { turning, positions }: Pick<AttentionInputs, 'turning' | 'positions'>,
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
export function normHeads(
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
export function split(graph: GraphBuilder, value: string, first: number, second: number): [string, string] {
  const parts: [string, string] = [graph.fresh('part'), graph.fresh('part')];
  graph.nodes('Split', [value, graph.int64s([first, second])], parts, { axis: -1 });
  return parts;
}
