import type { GraphBuilder } from '../onnx/graph.js';
import type { ModelFile } from '../weights.js';
import type { Architecture } from './architecture.js';
import { addAndNorm, gatedMlp, rmsNorm, treeAttention, type AttentionInputs } from './blocks.js';
import { asBytes } from './bytes.js';
import {
  lookUp,
  multiply,
  stack,
  storeMatrix,
  type Matrix,
  type Precision,
  type StoredMatrix,
} from './linear.js';
import { rotaryTables } from './rotary.js';

/**
 * Names of the trunk's inputs and outputs. A call has N rows (tokens) of B texts; text b has a line of T
 * keys and values, and up to R rows of the call.
 */
export const TRUNK = {
  /** [1, N] */
  tokens: 'tokens',
  /** [1, N] */
  positions: 'positions',
  /** [B, R, 2]: (0, row) of the r-th row of a text; texts with fewer rows repeat one. */
  queries: 'queries',
  /** [1, N, 2]: (b, r) of every row. */
  answers: 'answers',
  /** `[B, T]`: slots of the ancestors of a text, from the first token on; then any. */
  ancestors: 'ancestors',
  /** [1, N, 2]: (b, t) where the keys and values of a row go in its text's line. */
  places: 'places',
  /** Additive, [B, 1, R, T]. */
  mask: 'mask',
  /** [slots, keyValueHeads · headWidth] */
  pastKeys: (layer: number) => `past_keys.${layer}`,
  /** [slots, keyValueHeads · headWidth] */
  pastValues: (layer: number) => `past_values.${layer}`,
  /** `[1, N, layers · 2 · keyValueHeads · headWidth]`: of each block its keys, then its values. */
  keysValues: 'keys_values',
  /** [1, N, width] */
  hidden: (layer: number) => `hidden.${layer}`,
} as const;

/** Reads matrices of a model file. */
export async function readMatrix(model: ModelFile, name: string): Promise<Matrix> {
  const [rows = 0, columns = 0] = model.tensors.get(name)?.shape ?? [];
  return { rows, columns, data: await model.readF32(name) };
}

function declareInputs(graph: GraphBuilder, { layers, keyValueHeads, headWidth }: Architecture): void {
  graph.input(TRUNK.tokens, 'int64', [1, 'rows']);
  graph.input(TRUNK.positions, 'int64', [1, 'rows']);
  graph.input(TRUNK.queries, 'int64', ['texts', 'rows_of_text', 2]);
  graph.input(TRUNK.answers, 'int64', [1, 'rows', 2]);
  graph.input(TRUNK.ancestors, 'int64', ['texts', 'line']);
  graph.input(TRUNK.places, 'int64', [1, 'rows', 2]);
  graph.input(TRUNK.mask, 'float32', ['texts', 1, 'rows_of_text', 'line']);
  for (let layer = 0; layer < layers; layer++) {
    graph.input(TRUNK.pastKeys(layer), 'float32', ['slots', keyValueHeads * headWidth]);
    graph.input(TRUNK.pastValues(layer), 'float32', ['slots', keyValueHeads * headWidth]);
  }
}

async function sharedInputs(
  graph: GraphBuilder,
  { rotary, contextLength, headWidth }: Architecture,
): Promise<AttentionInputs> {
  const tables = rotaryTables(rotary.frequencies, contextLength);
  const shape = [contextLength, headWidth / 2];
  return {
    ...TRUNK,
    cos: await graph.constant('cos', 'float32', shape, asBytes(tables.cos)),
    sin: await graph.constant('sin', 'float32', shape, asBytes(tables.sin)),
  };
}

/**
 * Builds the trunk: token rows in, their keys, values and hidden states out. One graph serves prefill,
 * look-ahead and, by keeping a row's keys and values, commit.
 */
export async function buildTrunk(
  graph: GraphBuilder,
  model: ModelFile,
  architecture: Architecture,
  precision: Precision,
  embedding: StoredMatrix,
): Promise<void> {
  const { layers, width, keyValueHeads, headWidth, normEpsilon, weights } = architecture;
  const norm = async (name: string) =>
    graph.constant(name, 'float32', [width], asBytes(await model.readF32(name)));
  const store = async (name: string, ...parts: string[]) =>
    storeMatrix(
      graph,
      name,
      stack(await Promise.all(parts.map(async (part) => readMatrix(model, part)))),
      precision,
    );

  declareInputs(graph, architecture);
  const shared = await sharedInputs(graph, architecture);
  const kept: string[] = [];
  lookUp(graph, TRUNK.tokens, embedding, TRUNK.hidden(0));
  let normed = rmsNorm(graph, TRUNK.hidden(0), await norm(weights.block(0).attentionNorm), normEpsilon);
  for (let layer = 0; layer < layers; layer++) {
    const block = weights.block(layer);
    const projected = multiply(
      graph,
      normed,
      await store(`qkv.${layer}`, block.query, block.key, block.value),
    );
    const past = { keys: TRUNK.pastKeys(layer), values: TRUNK.pastValues(layer) };
    const attention = treeAttention(graph, architecture, projected, past, shared);
    kept.push(attention.keys, attention.values);
    const attended = multiply(graph, attention.output, await store(`o.${layer}`, block.attentionOutput));
    const middle = { stream: graph.fresh('stream'), normed: graph.fresh('normed') };
    addAndNorm(graph, TRUNK.hidden(layer), attended, await norm(block.mlpNorm), normEpsilon, middle);
    const gateAndUp = await store(`gate_up.${layer}`, block.gate, block.up);
    const fed = gatedMlp(graph, middle.normed, gateAndUp, await store(`down.${layer}`, block.down));
    const last = layer + 1 === layers;
    const next = await norm(last ? weights.finalNorm : weights.block(layer + 1).attentionNorm);
    // The last hidden state is the one after the final norm.
    const after = last
      ? { stream: graph.fresh('stream'), normed: TRUNK.hidden(layers) }
      : { stream: TRUNK.hidden(layer + 1), normed: graph.fresh('normed') };
    addAndNorm(graph, middle.stream, fed, next, normEpsilon, after);
    ({ normed } = after);
  }
  for (let layer = 0; layer <= layers; layer++)
    graph.output(TRUNK.hidden(layer), 'float32', [1, 'rows', width]);
  graph.node('Concat', kept, { axis: 2 }, { output: TRUNK.keysValues });
  graph.output(TRUNK.keysValues, 'float32', [1, 'rows', layers * 2 * keyValueHeads * headWidth]);
}
