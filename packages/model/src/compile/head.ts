import type { GraphBuilder } from '../onnx/graph.js';
import type { Architecture } from './architecture.js';
import { softlyCapped } from './attention.js';
import { project, type StoredProjection } from './linear.js';
import { isForGpu } from './precision.js';

/** Names of the head's inputs and outputs. */
export const HEAD = {
  /** States after the final norm, [N, width]. */
  hidden: 'hidden',
  /** How many of the largest logits to return, [1]. */
  count: 'count',
  /** Further tokens whose logits are wanted, [N, asked]. */
  asked: 'asked',
  /** The largest logits, best first, [N, count]. */
  topLogits: 'top_logits',
  /** Their token ids, [N, count]. */
  topTokens: 'top_tokens',
  /** Logits of the tokens asked for, [N, asked]. */
  askedLogits: 'asked_logits',
  /** Log-sum-exp of all logits, [N, 1]. */
  logSumExp: 'log_sum_exp',
} as const;

/** Builds the output head: normed hidden states in; largest logits, asked-for logits and log-sum-exp out. */
export function buildHead(
  graph: GraphBuilder,
  { width, logits: after }: Architecture,
  head: StoredProjection,
): void {
  graph.input(HEAD.hidden, 'float32', ['rows', width]);
  graph.input(HEAD.count, 'int64', [1]);
  graph.input(HEAD.asked, 'int64', ['rows', 'asked']);
  const products = project(graph, HEAD.hidden, head, 2);
  const scaled = after.scale === 1 ? products : graph.node('Mul', [products, graph.float(after.scale)]);
  const logits = after.softCap === undefined ? scaled : softlyCapped(graph, scaled, after.softCap);
  graph.nodes('TopK', [logits, HEAD.count], [HEAD.topLogits, HEAD.topTokens], {
    axis: 1,
    largest: 1,
    sorted: 1,
  });
  graph.node('GatherElements', [logits, HEAD.asked], { axis: 1 }, { output: HEAD.askedLogits });
  if (head.matrices.some(({ precision }) => isForGpu(precision))) gpuLogSumExp(graph, logits);
  else logSumExp(graph, logits);
  graph.output(HEAD.topLogits, 'float32', ['rows', 'count']);
  graph.output(HEAD.topTokens, 'int64', ['rows', 'count']);
  graph.output(HEAD.askedLogits, 'float32', ['rows', 'asked']);
  graph.output(HEAD.logSumExp, 'float32', ['rows', 1]);
}

/**
 * The most probable token's logit less its log-probability: ONNX Runtime sums for LogSoftmax in vectors, row by row, and
 * for ReduceLogSumExp one by one, which takes five times as long and rounds far more.
 */
function logSumExp(graph: GraphBuilder, logits: string): void {
  const first = (values: string) => firstColumn(graph, values);
  const logProbs = graph.node('LogSoftmax', [logits], { axis: -1 });
  const logProb = graph.node('GatherElements', [logProbs, first(HEAD.topTokens)], { axis: 1 });
  graph.node('Sub', [first(HEAD.topLogits), logProb], {}, { output: HEAD.logSumExp });
}

/** By the operators that there are for WebGPU, where the sum of exponentials is of the numbers as they are. */
function gpuLogSumExp(graph: GraphBuilder, logits: string): void {
  const largest = firstColumn(graph, HEAD.topLogits);
  const below = graph.node('Sub', [logits, largest]);
  const sum = graph.node('ReduceLogSumExp', [below, graph.int64s([-1])], { keepdims: 1 });
  graph.node('Add', [largest, sum], {}, { output: HEAD.logSumExp });
}

function firstColumn(graph: GraphBuilder, values: string): string {
  return graph.node('Slice', [values, graph.int64s([0]), graph.int64s([1]), graph.int64s([1])]);
}
