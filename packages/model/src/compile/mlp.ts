import { CONTRIB, real, type GraphBuilder } from '../onnx/graph.js';
import type { Activation, Experts } from './architecture.js';
import { project, type StoredProjection } from './linear.js';

/** The matrices of an MLP. */
export interface StoredMlp {
  /** Gate and then up, as one product; up alone where there is no gate. */
  readonly first: StoredProjection;
  readonly gated: boolean;
  readonly down: StoredProjection;
}

function activate(graph: GraphBuilder, activation: Activation, input: string): string {
  switch (activation) {
    case 'silu':
      return graph.node('QuickGelu', [input], { alpha: real(1) }, { domain: CONTRIB });
    case 'quick-gelu':
      return graph.node('QuickGelu', [input], { alpha: real(1.702) }, { domain: CONTRIB });
    case 'gelu':
      return graph.node('Gelu', [input], { approximate: 'none' });
    case 'gelu-tanh':
      return graph.node('Gelu', [input], { approximate: 'tanh' });
    case 'relu':
      return graph.node('Relu', [input]);
  }
}

/**
 * An MLP of two layers, down(activation(up · x)), or a gated one (Shazeer 2020, SwiGLU and GEGLU),
 * down(activation(gate · x) ⊙ (up · x)).
 *
 * @param rank - Of the input (default: 3).
 */
export function mlp(
  graph: GraphBuilder,
  activation: Activation,
  input: string,
  { first, gated, down }: StoredMlp,
  rank: 2 | 3 = 3,
): string {
  const raised = project(graph, input, first, rank);
  if (!gated) return project(graph, activate(graph, activation, raised), down, rank);
  const half = first.rows / 2;
  const [gate, up] = [graph.fresh('gate'), graph.fresh('up')];
  graph.nodes('Split', [raised, graph.int64s([half, half])], [gate, up], { axis: -1 });
  return project(graph, graph.node('Mul', [activate(graph, activation, gate), up]), down, rank);
}

/** What a router says of rows: the weight of each expert, [N, experts], 0 for those that a row does not go through. */
export function route(graph: GraphBuilder, rows: string, router: StoredProjection, experts: Experts): string {
  const { perToken, normalised } = experts;
  const probabilities = graph.node('Softmax', [project(graph, rows, router, 2)], { axis: -1 });
  const [values, indices] = [graph.fresh('values'), graph.fresh('indices')];
  graph.nodes('TopK', [probabilities, graph.int64s([perToken])], [values, indices], {
    axis: -1,
    largest: 1,
    sorted: 1,
  });
  const weights = normalised
    ? graph.node('Div', [values, graph.node('ReduceSum', [values, graph.int64s([-1])], { keepdims: 1 })])
    : values;
  const none = graph.node('Mul', [probabilities, graph.float(0)]);
  return graph.node('ScatterElements', [none, indices, weights], { axis: -1 });
}

/**
 * A mixture of experts: every expert takes the rows that the router sends to it, and what comes out is added up with the
 * router's weights, in the order of the experts. An expert that no row goes to multiplies an empty matrix.
 */
export function mixture(
  graph: GraphBuilder,
  activation: Activation,
  input: string,
  width: number,
  experts: Experts,
  router: StoredProjection,
  stored: readonly StoredMlp[],
): string {
  const rows = graph.node('Reshape', [input, graph.int64s([-1, width])]);
  const weights = route(graph, rows, router, experts);
  let sum = graph.node('Mul', [rows, graph.float(0)]);
  for (const [index, expert] of stored.entries()) {
    const column = graph.node('Gather', [weights, graph.int64s([index])], { axis: 1 });
    const places = graph.node(
      'Transpose',
      [graph.node('NonZero', [graph.node('Squeeze', [column, graph.int64s([1])])])],
      {
        perm: [1, 0],
      },
    );
    const own = graph.node('GatherND', [rows, places]);
    const made = mlp(graph, activation, own, expert, 2);
    const weighted = graph.node('Mul', [made, graph.node('GatherND', [column, places])]);
    sum = graph.node('ScatterND', [sum, places, weighted], { reduction: 'add' });
  }
  return graph.node('Reshape', [sum, graph.int64s([1, -1, width])]);
}
