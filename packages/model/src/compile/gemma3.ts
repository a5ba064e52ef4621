import { HalfspaceError } from '@halfspace/core';
import { isJsonObject } from '../json-file.js';
import { shown } from '../shown.js';
import type { ModelFile } from '../weights.js';
import type { Architecture, BlockWeights, Family, SlidingWindow, WeightNames } from './architecture.js';
import { ggufWeights, huggingFaceWeights } from './llama.js';
import { metadataReader, type MetadataReader } from './metadata.js';
import { rotaryFrequencies } from './rotary.js';

/** Of so many blocks the last sees the whole text, the others a window; older files do not say so. */
const PERIOD = 6;
/** Base of the rotary positions of blocks with a window; GGUF files do not say so. */
const WINDOW_BASE = 10_000;
const BASE = 1_000_000;

type Norms = Required<
  Pick<BlockWeights, 'mlpNorm' | 'queryNorm' | 'keyNorm' | 'attentionOutputNorm' | 'mlpOutputNorm'>
>;

/** The weights of llama with the norms that Gemma has besides. */
function withNorms(weights: WeightNames, norms: (index: number) => Norms): WeightNames {
  return { ...weights, block: (index) => ({ ...weights.block(index), ...norms(index) }) };
}

function windowOf(
  layers: number,
  tokens: number,
  frequencies: Float64Array,
  isWhole: (layer: number) => boolean,
): SlidingWindow {
  const blocks = Array.from({ length: layers }, (_, layer) => layer).filter((layer) => !isWhole(layer));
  return { tokens, blocks, frequencies };
}

const isLastOfPeriod = (layer: number) => layer % PERIOD === PERIOD - 1;

/** What all models of the family share. */
function common(width: number) {
  return { family: 'gemma3', embeddingScale: Math.sqrt(width), activation: 'gelu-tanh' } as const;
}

/** @throws HalfspaceError `unsupported-model` */
function refuse({ name }: ModelFile, what: string): never {
  throw new HalfspaceError('unsupported-model', `${name} ${what}, which Halfspace does not do.`);
}

function describeGguf(model: ModelFile): Architecture {
  const read = metadataReader(model, 'gemma3.');
  const scaling = read.value('rope.scaling.type') ?? 'none';
  if (scaling !== 'none') refuse(model, `scales its rotary positions by ${shown(scaling)}`);
  const width = read.size('embedding_length');
  const layers = read.size('block_count');
  const heads = read.size('attention.head_count');
  const headWidth = read.size('attention.key_length', 256);
  const near = rotaryFrequencies(headWidth, WINDOW_BASE);
  return {
    ...common(width),
    layers,
    width,
    heads,
    keyValueHeads: read.size('attention.head_count_kv', heads),
    headWidth,
    feedForward: read.size('feed_forward_length'),
    vocabulary: model.tensors.get('token_embd.weight')?.shape[0] ?? 0,
    contextLength: read.size('context_length'),
    normEpsilon: read.number('attention.layer_norm_rms_epsilon'),
    // Whoever writes a GGUF file adds the 1.
    normOffset: 0,
    rotary: {
      frequencies: rotaryFrequencies(headWidth, read.number('rope.freq_base', BASE)),
      interleaved: false,
    },
    sliding: windowOf(layers, read.size('attention.sliding_window'), near, isLastOfPeriod),
    weights: withNorms(ggufWeights(!model.tensors.has('output.weight')), (index) => ({
      mlpNorm: `blk.${index}.ffn_norm.weight`,
      queryNorm: `blk.${index}.attn_q_norm.weight`,
      keyNorm: `blk.${index}.attn_k_norm.weight`,
      attentionOutputNorm: `blk.${index}.post_attention_norm.weight`,
      mlpOutputNorm: `blk.${index}.post_ffw_norm.weight`,
    })),
  };
}

/** Bases of the rotary positions of blocks that see the whole text, and of those with a window. */
function basesOf(model: ModelFile, read: MetadataReader): { whole: number; near: number } {
  const given = read.value('rope_parameters');
  if (!isJsonObject(given)) {
    const scaling = read.value('rope_scaling');
    if (scaling !== undefined) refuse(model, `scales its rotary positions by ${shown(scaling)}`);
    return {
      whole: read.number('rope_theta', BASE),
      near: read.number('rope_local_base_freq', WINDOW_BASE),
    };
  }
  const base = (kind: string, fallback: number) => {
    const entry = given[kind] ?? {};
    const rope = metadataReader({
      name: model.name,
      metadata: new Map(Object.entries(isJsonObject(entry) ? entry : {})),
    });
    const type = rope.value('rope_type') ?? 'default';
    if (type !== 'default') refuse(model, `scales its rotary positions by ${shown(type)}`);
    return rope.number('rope_theta', fallback);
  };
  return { whole: base('full_attention', BASE), near: base('sliding_attention', WINDOW_BASE) };
}

function describeHuggingFace(model: ModelFile): Architecture {
  const read = metadataReader(model);
  const activation = read.value('hidden_activation') ?? 'gelu_pytorch_tanh';
  if (activation !== 'gelu_pytorch_tanh') refuse(model, `has the activation ${shown(activation)}`);
  for (const key of ['final_logit_softcapping', 'attn_logit_softcapping', 'use_bidirectional_attention'])
    if (read.value(key) ?? false) refuse(model, `has ${key}`);
  const width = read.size('hidden_size');
  const layers = read.size('num_hidden_layers');
  const heads = read.size('num_attention_heads');
  const headWidth = read.size('head_dim', 256);
  if (read.number('query_pre_attn_scalar', 256) !== headWidth)
    refuse(model, 'scales its queries by another number than the width of a head');
  const bases = basesOf(model, read);
  const kinds = read.value('layer_types');
  const isWhole = (layer: number) =>
    Array.isArray(kinds) ? kinds[layer] === 'full_attention' : isLastOfPeriod(layer);
  const near = rotaryFrequencies(headWidth, bases.near);
  return {
    ...common(width),
    layers,
    width,
    heads,
    keyValueHeads: read.size('num_key_value_heads', heads),
    headWidth,
    feedForward: read.size('intermediate_size'),
    vocabulary: read.size('vocab_size'),
    contextLength: read.size('max_position_embeddings'),
    normEpsilon: read.number('rms_norm_eps'),
    normOffset: 1,
    rotary: { frequencies: rotaryFrequencies(headWidth, bases.whole), interleaved: false },
    sliding: windowOf(layers, read.size('sliding_window'), near, isWhole),
    weights: withNorms(huggingFaceWeights(!model.tensors.has('lm_head.weight')), (index) => ({
      mlpNorm: `model.layers.${index}.pre_feedforward_layernorm.weight`,
      queryNorm: `model.layers.${index}.self_attn.q_norm.weight`,
      keyNorm: `model.layers.${index}.self_attn.k_norm.weight`,
      attentionOutputNorm: `model.layers.${index}.post_attention_layernorm.weight`,
      mlpOutputNorm: `model.layers.${index}.post_feedforward_layernorm.weight`,
    })),
  };
}

/** Gemma 3 as GGUF files name it: text alone. */
export const gemma3: Family = {
  name: 'gemma3',
  describe: async (model) =>
    model.format === 'gguf'
      ? describeGguf(model)
      : refuse(model, 'reads images, too; take an export of the text model'),
};

/** Gemma 3 as Hugging Face transformers names the text model. */
export const gemma3Text: Family = {
  name: 'gemma3_text',
  describe: async (model) => describeHuggingFace(model),
};
