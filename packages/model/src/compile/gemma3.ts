import { HalfspaceError } from '@halfspace/core';
import { describeValue } from '../describe-value.js';
import type { ModelFile } from '../weights.js';
import type { Architecture, BlockWeights, Family, SlidingWindow, WeightNames } from './architecture.js';
import { checkLayers, contradiction } from './check-tensors.js';
import {
  checkGgufAttention,
  entryReader,
  ggufRotaryFactor,
  ggufWeights,
  huggingFaceWeights,
} from './llama.js';
import { metadataReader, type MetadataReader } from './metadata.js';
import { CONFIG_NEUTRAL, refuseUnlessNeutral } from './neutral-keys.js';
import { rotaryFrequencies } from './rotary.js';

/** Of so many blocks the last sees the whole text, the others a window; older files do not say so. */
const PERIOD = 6;
/** Base of the rotary positions of blocks with a window; GGUF files do not say so. */
const WINDOW_BASE = 10_000;
const BASE = 1_000_000;
/** The one size of Gemma 3 whose queries are scaled by another number than the width of a head. */
const LAYERS_OF_27B = 62;
/** Files of the family have no tensor that is left out. */
const NONE = /(?!)/;
/** Names of the blocks that see the whole text; the second is an older one. */
const WHOLE: ReadonlySet<unknown> = new Set(['full_attention', 'attention']);

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

const isLastOf = (period: number) => (layer: number) => layer % period === period - 1;

/** What all models of the family share. */
function common(width: number) {
  return { family: 'gemma3', embeddingScale: Math.sqrt(width), activation: 'gelu-tanh' } as const;
}

/** @throws HalfspaceError `unsupported-model` */
function refuse({ name }: ModelFile, what: string): never {
  throw new HalfspaceError('unsupported-model', `${name} ${what}, which Halfspace does not do.`);
}

/** Which blocks see the whole text: newer files give a period, 0 for none, or a list of those with a window. */
function wholeInGguf(model: ModelFile, read: MetadataReader, layers: number): (layer: number) => boolean {
  const key = 'attention.sliding_window_pattern';
  const given = read.value(key);
  if (given === undefined) return isLastOf(PERIOD);
  if (given === 0) return () => false;
  if (!Array.isArray(given)) return isLastOf(read.size(key));
  if (given.length !== layers) throw contradiction(model.name, `its ${key} is of ${given.length} blocks`);
  return (layer) => given[layer] === false || given[layer] === 0;
}

function describeGguf(model: ModelFile): Architecture {
  const read = metadataReader(model, 'gemma3.');
  const scaling = read.value('rope.scaling.type') ?? 'none';
  if (scaling !== 'none' || ggufRotaryFactor(read) !== 1)
    refuse(model, `scales its rotary positions by ${describeValue(scaling)}`);
  const width = read.size('embedding_length');
  const layers = read.size('block_count');
  const heads = read.size('attention.head_count');
  const headWidth = read.size('attention.key_length', 256);
  checkGgufAttention(model, read, headWidth);
  // No key says so: llama.cpp, too, goes by the number of blocks.
  if (layers === LAYERS_OF_27B && width / heads !== headWidth)
    refuse(model, 'scales its queries by another number than the width of a head');
  checkLayers(model, layers);
  const near = rotaryFrequencies(headWidth, read.number('rope.freq_base_swa', WINDOW_BASE));
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
    sliding: windowOf(layers, read.size('attention.sliding_window'), near, wholeInGguf(model, read, layers)),
    weights: withNorms({ ...ggufWeights(!model.tensors.has('output.weight')), spare: NONE }, (index) => ({
      mlpNorm: `blk.${index}.ffn_norm.weight`,
      queryNorm: `blk.${index}.attn_q_norm.weight`,
      keyNorm: `blk.${index}.attn_k_norm.weight`,
      attentionOutputNorm: `blk.${index}.post_attention_norm.weight`,
      mlpOutputNorm: `blk.${index}.post_ffw_norm.weight`,
    })),
  };
}

/** @throws HalfspaceError `unsupported-model` where an entry about rotary positions asks for more than the base */
function refuseScaling(model: ModelFile, rope: MetadataReader): void {
  const type = rope.value('rope_type') ?? rope.value('type') ?? 'default';
  if (type !== 'default') refuse(model, `scales its rotary positions by ${describeValue(type)}`);
  refuseUnlessNeutral(model, rope, { partial_rotary_factor: [1] });
}

/** Bases of the rotary positions of blocks that see the whole text, and of those with a window. */
function basesOf(model: ModelFile, read: MetadataReader): { whole: number; near: number } {
  const given = entryReader(model, read, 'rope_parameters');
  const base = (kind: string, older: string, fallback: number) => {
    const rope = given && entryReader(model, given, kind);
    if (rope !== undefined) refuseScaling(model, rope);
    const beside = read.number(older, fallback);
    return rope?.number('rope_theta', beside) ?? beside;
  };
  const whole = base('full_attention', 'rope_theta', BASE);
  // One entry for all blocks is of other families: transformers goes by the kinds alone, or adds it to those.
  for (const rope of [given, entryReader(model, read, 'rope_scaling')]) {
    if (rope === undefined) continue;
    refuseScaling(model, rope);
    if (rope.number('rope_theta', whole) !== whole) refuse(model, 'has one base for all rotary positions');
  }
  return { whole, near: base('sliding_attention', 'rope_local_base_freq', WINDOW_BASE) };
}

/** Which blocks see the whole text: newer files give the kind of each, older ones a period. */
function wholeInConfig(model: ModelFile, read: MetadataReader, layers: number): (layer: number) => boolean {
  const kinds = read.value('layer_types');
  if (kinds === undefined) {
    const period = read.size('sliding_window_pattern', PERIOD);
    // How some versions wrote it down, beside the kinds; alone, transformers does not read it.
    const alone = read.value('sliding_window_pattern') === undefined;
    if (alone && read.size('_sliding_window_pattern', PERIOD) !== PERIOD)
      refuse(model, 'has a _sliding_window_pattern without layer_types');
    return isLastOf(period);
  }
  if (!Array.isArray(kinds) || kinds.length !== layers)
    throw contradiction(model.name, `its layer_types are not of ${layers} blocks`);
  const other = kinds.find((kind) => !WHOLE.has(kind) && kind !== 'sliding_attention');
  if (other !== undefined) refuse(model, `has a block of the kind ${describeValue(other)}`);
  return (layer) => WHOLE.has(kinds[layer]);
}

function describeHuggingFace(model: ModelFile): Architecture {
  const read = metadataReader(model);
  const activation = read.value('hidden_activation') ?? 'gelu_pytorch_tanh';
  if (activation !== 'gelu_pytorch_tanh') refuse(model, `has the activation ${describeValue(activation)}`);
  refuseUnlessNeutral(model, read, CONFIG_NEUTRAL);
  const width = read.size('hidden_size');
  const layers = read.size('num_hidden_layers');
  checkLayers(model, layers);
  const heads = read.size('num_attention_heads');
  const headWidth = read.size('head_dim', 256);
  if (read.number('query_pre_attn_scalar', 256) !== headWidth)
    refuse(model, 'scales its queries by another number than the width of a head');
  const bases = basesOf(model, read);
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
    sliding: windowOf(layers, read.size('sliding_window'), near, wholeInConfig(model, read, layers)),
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
