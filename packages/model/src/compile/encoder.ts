import { CONTRIB, real, type GraphBuilder } from '../onnx/graph.js';
import type { ModelFile } from '../weights.js';
import { BERT_WEIGHTS, type EncoderArchitecture } from './bert.js';
import { asBytes } from './bytes.js';
import { multiply, storeMatrix } from './linear.js';
import { dataOf, stack } from './matrix.js';
import type { Precision } from './precision.js';
import { storeTable } from './store.js';
import { tensorMatrix } from './read-weights.js';

/** Names of the encoder's input and output. A call has B texts of T tokens each, without padding. */
export const ENCODER = {
  /** [B, T], int32 */
  tokens: 'tokens',
  /** [B, width], of length 1 */
  vectors: 'vectors',
} as const;

/**
 * Builds a sentence encoder (Devlin et al. 2018; Reimers and Gurevych 2019): tokens in, the mean of their last
 * hidden states out, scaled to length 1. All texts of a call have the same number of tokens, so there is no
 * padding to mask, and a text's sums have the same order in any company.
 */
export async function buildEncoder(
  graph: GraphBuilder,
  model: ModelFile,
  architecture: EncoderArchitecture,
  precision: Precision,
): Promise<void> {
  const { layers, width, heads, normEpsilon } = architecture;
  const epsilon = { epsilon: real(normEpsilon) };
  const vector = async (name: string, ...parts: string[]) => {
    const data = await Promise.all(parts.map(async (part) => model.readF32(part)));
    const size = data.reduce((sum, { length }) => sum + length, 0);
    return graph.constant(name, 'float32', [size], Buffer.concat(data.map(asBytes)));
  };
  const parameters = async (name: string) =>
    Promise.all([vector(`${name}.weight`, `${name}.weight`), vector(`${name}.bias`, `${name}.bias`)]);
  const product = async (input: string, name: string, ...parts: string[]) => {
    const matrices = parts.map((part) => tensorMatrix(model, `${part}.weight`));
    return multiply(graph, input, await storeMatrix(graph, name, stack(matrices), precision));
  };
  const biases = async (name: string, ...parts: string[]) =>
    vector(`${name}.bias`, ...parts.map((part) => `${part}.bias`));
  const addAndNorm = async (residual: string, addition: string, dense: string, norm: string) =>
    graph.node(
      'SkipLayerNormalization',
      [residual, addition, ...(await parameters(norm)), await biases(dense, dense)],
      epsilon,
      { domain: CONTRIB },
    );

  graph.input(ENCODER.tokens, 'int32', ['texts', 'tokens']);
  let residual = await embed(graph, model, architecture, await parameters(BERT_WEIGHTS.norm));
  for (let layer = 0; layer < layers; layer++) {
    const block = BERT_WEIGHTS.block(layer);
    const projections = [block.query, block.key, block.value];
    const projected = await product(residual, `qkv.${layer}`, ...projections);
    const parts = ['queries', 'keys', 'values'].map((part) => graph.fresh(part));
    graph.nodes('Split', [projected, graph.int64s([width, width, width])], parts, { axis: -1 });
    const attended = graph.node(
      'MultiHeadAttention',
      [...parts, await biases(`qkv.${layer}`, ...projections)],
      { num_heads: heads },
      { domain: CONTRIB },
    );
    const gathered = await product(attended, `o.${layer}`, block.attentionOutput);
    const middle = await addAndNorm(residual, gathered, block.attentionOutput, block.attentionNorm);
    const raised = await product(middle, `up.${layer}`, block.up);
    const activated = graph.node(
      'BiasGelu',
      [raised, await biases(block.up, block.up)],
      {},
      { domain: CONTRIB },
    );
    const lowered = await product(activated, `down.${layer}`, block.down);
    residual = await addAndNorm(middle, lowered, block.down, block.mlpNorm);
  }
  // ReduceMean would sum up a single text in another order than several.
  const turned = graph.node('Transpose', [residual], { perm: [0, 2, 1] });
  const mean = graph.node('Flatten', [graph.node('GlobalAveragePool', [turned])], { axis: 1 });
  graph.node('LpNormalization', [mean], { axis: -1, p: 2 }, { output: ENCODER.vectors });
  graph.output(ENCODER.vectors, 'float32', ['texts', width]);
}

/** Embeddings of tokens and their positions, normed. All tokens are of the first type, so it is part of the positions. */
async function embed(
  graph: GraphBuilder,
  model: ModelFile,
  { width, normEpsilon }: EncoderArchitecture,
  norm: readonly string[],
): Promise<string> {
  const positions = tensorMatrix(model, BERT_WEIGHTS.positions);
  const types = await model.readF32(BERT_WEIGHTS.types);
  const shifted = (await dataOf(positions)).map((value, index) => value + types[index % width]);
  const embedded = graph.fresh('embedded');
  graph.nodes(
    'EmbedLayerNormalization',
    [
      ENCODER.tokens,
      '',
      await storeTable(graph, 'words', tensorMatrix(model, BERT_WEIGHTS.words)),
      await graph.constant('positions', 'float32', [positions.rows, width], asBytes(shifted)),
      '',
      ...norm,
    ],
    [embedded, graph.fresh('unused')],
    { epsilon: real(normEpsilon) },
    CONTRIB,
  );
  return embedded;
}
