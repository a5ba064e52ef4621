import { CONTRIB, real, type GraphBuilder } from '../onnx/graph.js';
import type { Activation } from './architecture.js';
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
 */
export function mlp(
  graph: GraphBuilder,
  activation: Activation,
  input: string,
  { first, gated, down }: StoredMlp,
): string {
  const raised = project(graph, input, first);
  if (!gated) return project(graph, activate(graph, activation, raised), down);
  const half = first.matrix.rows / 2;
  const [gate, up] = [graph.fresh('gate'), graph.fresh('up')];
  graph.nodes('Split', [raised, graph.int64s([half, half])], [gate, up], { axis: -1 });
  return project(graph, graph.node('Mul', [activate(graph, activation, gate), up]), down);
}
