import { join } from 'node:path';
import { HalfspaceError } from '@halfspace/core';
import { isFile } from '../is-file.js';
import { readJsonFile } from '../json-file.js';
import { describeValue } from '../describe-value.js';
import type { MetadataValue } from '../weight-tensor.js';
import type { ModelFile } from '../weights.js';
import { checkLayers, checkTensors, contradiction } from './check-tensors.js';
import { metadataReader } from './metadata.js';
import { CONFIG_NEUTRAL, refuseUnlessNeutral } from './neutral-keys.js';

/** Sizes of a sentence encoder of the BERT family. */
export interface EncoderArchitecture {
  /** Name of the family. */
  readonly family: 'bert';
  /** Number of transformer blocks. */
  readonly layers: number;
  /** Width of the residual stream, and of a sentence vector. */
  readonly width: number;
  /** Attention heads. */
  readonly heads: number;
  /** Hidden width of the MLP. */
  readonly feedForward: number;
  /** Number of token ids. */
  readonly vocabulary: number;
  /** Positions that have an embedding. */
  readonly positions: number;
  /** Most tokens of a text, the ones at its ends included: what goes beyond is cut off. */
  readonly contextLength: number;
  /** Added to the variance before a norm divides by its root. */
  readonly normEpsilon: number;
}

/** Names of weights and biases: `<name>.weight` and `<name>.bias`. */
export const BERT_WEIGHTS = {
  words: 'embeddings.word_embeddings.weight',
  positions: 'embeddings.position_embeddings.weight',
  types: 'embeddings.token_type_embeddings.weight',
  norm: 'embeddings.LayerNorm',
  block: (layer: number) => {
    const at = (name: string) => `encoder.layer.${layer}.${name}`;
    return {
      query: at('attention.self.query'),
      key: at('attention.self.key'),
      value: at('attention.self.value'),
      attentionOutput: at('attention.output.dense'),
      attentionNorm: at('attention.output.LayerNorm'),
      up: at('intermediate.dense'),
      down: at('output.dense'),
      mlpNorm: at('output.LayerNorm'),
    };
  },
} as const;

/** A buffer of older exports, and the layer over the first token, which sentence vectors do not use. */
const SPARE = /^(embeddings\.position_ids|pooler\.dense\.(weight|bias))$/;

function expectedShapes(found: EncoderArchitecture): Map<string, readonly number[]> {
  const { width, feedForward, layers } = found;
  const shapes = new Map<string, readonly number[]>([
    [BERT_WEIGHTS.words, [found.vocabulary, width]],
    [BERT_WEIGHTS.positions, [found.positions, width]],
  ]);
  const norm = (name: string) => shapes.set(`${name}.weight`, [width]).set(`${name}.bias`, [width]);
  const dense = (name: string, rows: number, columns: number) =>
    shapes.set(`${name}.weight`, [rows, columns]).set(`${name}.bias`, [rows]);
  norm(BERT_WEIGHTS.norm);
  for (let layer = 0; layer < layers; layer++) {
    const block = BERT_WEIGHTS.block(layer);
    for (const name of [block.query, block.key, block.value, block.attentionOutput])
      dense(name, width, width);
    dense(block.up, feedForward, width);
    dense(block.down, width, feedForward);
    norm(block.attentionNorm);
    norm(block.mlpNorm);
  }
  return shapes;
}

/** The entries of a file that sentence encoders may have beside them. */
async function beside(model: ModelFile, file: string): Promise<ReadonlyMap<string, MetadataValue>> {
  const path = join(model.path, file);
  if (!(await isFile(path))) return new Map();
  return new Map(Object.entries((await readJsonFile(path)) as Record<string, MetadataValue>));
}

/** A model that makes its vectors in another way would give others than its authors mean. */
async function checkPooling(model: ModelFile): Promise<void> {
  const pooling = await beside(model, join('1_Pooling', 'config.json'));
  const modes = [...pooling].flatMap(([key, value]) =>
    key.startsWith('pooling_mode_') && value === true ? [key] : [],
  );
  if (modes.every((mode) => mode === 'pooling_mode_mean_tokens')) return;
  throw new HalfspaceError(
    'unsupported-model',
    `${model.name} makes sentence vectors by ${modes.join(' and ')}; Halfspace takes the mean over the tokens.`,
  );
}

/**
 * The architecture of a sentence encoder in safetensors, with every weight's presence and shape checked.
 *
 * @throws HalfspaceError `unsupported-model`, `corrupt-model`
 */
export async function describeEncoder(model: ModelFile): Promise<EncoderArchitecture> {
  const read = metadataReader(model);
  const kinds: [key: string, expected: unknown, otherwise: unknown][] = [
    ['model_type', 'bert', undefined],
    ['hidden_act', 'gelu', 'gelu'],
    ['position_embedding_type', 'absolute', 'absolute'],
    ['is_decoder', false, false],
  ];
  for (const [key, expected, otherwise] of kinds) {
    const found = read.value(key) ?? otherwise;
    if (found === expected) continue;
    throw new HalfspaceError(
      'unsupported-model',
      `${model.name} has the ${key} ${describeValue(found)}. Sentence encoders are compiled from safetensors with the ${key} ${describeValue(expected)}.`,
    );
  }
  refuseUnlessNeutral(model, read, CONFIG_NEUTRAL);
  await checkPooling(model);
  const positions = read.size('max_position_embeddings');
  const limit = metadataReader({
    name: model.name,
    metadata: await beside(model, 'sentence_bert_config.json'),
  }).size('max_seq_length', positions);
  const found: EncoderArchitecture = {
    family: 'bert',
    layers: read.size('num_hidden_layers'),
    width: read.size('hidden_size'),
    heads: read.size('num_attention_heads'),
    feedForward: read.size('intermediate_size'),
    vocabulary: read.size('vocab_size'),
    positions,
    contextLength: Math.min(limit, positions),
    normEpsilon: read.number('layer_norm_eps'),
  };
  const { layers, width, heads } = found;
  checkLayers(model, layers);
  if (width % heads !== 0) throw contradiction(model.name, `a head is ${width / heads} wide`);
  const [types = 0] = model.tensors.get(BERT_WEIGHTS.types)?.shape ?? [];
  const shapes = expectedShapes(found).set(BERT_WEIGHTS.types, [types, width]);
  const tensors = [...shapes].map(([tensor, shape]) => ({ name: tensor, shape }));
  checkTensors(model, found.family, tensors, SPARE);
  return found;
}
