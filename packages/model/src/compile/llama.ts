import { HalfspaceError } from '@halfspace/core';
import { isJsonObject } from '../json-file.js';
import { describeValue } from '../describe-value.js';
import type { ModelFile } from '../weights.js';
import type { Architecture, Family, WeightNames } from './architecture.js';
import { contradiction } from './check-tensors.js';
import { metadataReader, type MetadataReader } from './metadata.js';
import { CONFIG_NEUTRAL, GGUF_NEUTRAL, refuseUnlessNeutral } from './neutral-keys.js';
import { rotaryFrequencies, scaleByConfig } from './rotary.js';

/** Names of the weights in a GGUF file. */
export function ggufWeights(tied: boolean): WeightNames {
  return {
    embedding: 'token_embd.weight',
    head: tied ? 'token_embd.weight' : 'output.weight',
    finalNorm: 'output_norm.weight',
    spare: /^rope_freqs\.weight$/,
    block: (index) => ({
      attentionNorm: `blk.${index}.attn_norm.weight`,
      query: `blk.${index}.attn_q.weight`,
      key: `blk.${index}.attn_k.weight`,
      value: `blk.${index}.attn_v.weight`,
      attentionOutput: `blk.${index}.attn_output.weight`,
      mlpNorm: `blk.${index}.ffn_norm.weight`,
      gate: `blk.${index}.ffn_gate.weight`,
      up: `blk.${index}.ffn_up.weight`,
      down: `blk.${index}.ffn_down.weight`,
    }),
  };
}

/** Names of the weights in a checkpoint of Hugging Face transformers. */
export function huggingFaceWeights(tied: boolean): WeightNames {
  return {
    embedding: 'model.embed_tokens.weight',
    head: tied ? 'model.embed_tokens.weight' : 'lm_head.weight',
    finalNorm: 'model.norm.weight',
    // Some exports keep a tied head, or the frequencies that follow from the configuration.
    spare: /^lm_head\.weight$|\.rotary_emb\.inv_freq$/,
    block: (index) => ({
      attentionNorm: `model.layers.${index}.input_layernorm.weight`,
      query: `model.layers.${index}.self_attn.q_proj.weight`,
      key: `model.layers.${index}.self_attn.k_proj.weight`,
      value: `model.layers.${index}.self_attn.v_proj.weight`,
      attentionOutput: `model.layers.${index}.self_attn.o_proj.weight`,
      mlpNorm: `model.layers.${index}.post_attention_layernorm.weight`,
      gate: `model.layers.${index}.mlp.gate_proj.weight`,
      up: `model.layers.${index}.mlp.up_proj.weight`,
      down: `model.layers.${index}.mlp.down_proj.weight`,
    }),
  };
}

function unsupported(model: ModelFile, what: string): HalfspaceError {
  return new HalfspaceError('unsupported-model', `${model.name} ${what}, which Halfspace does not do.`);
}

const PLAIN = { normOffset: 0, embeddingScale: 1, activation: 'silu' } as const;

/**
 * What GGUF divides all rotary frequencies by. A factor without a type is a linear one, as llama.cpp has it; so is the
 * older key, and a factor of 0 is none.
 */
export function ggufRotaryFactor(read: MetadataReader): number {
  const type = read.value('rope.scaling.type');
  if (type === 'none') return 1;
  const factor = 'rope.scaling.factor';
  if (type !== undefined) return read.number(factor);
  const key = [factor, 'rope.scale_linear'].find((each) => (read.value(each) ?? 0) !== 0);
  return key === undefined ? 1 : read.number(key);
}

/** Refuses what GGUF can say of attention and the graphs do not do. */
export function checkGgufAttention(model: ModelFile, read: MetadataReader, headWidth: number): void {
  refuseUnlessNeutral(model, read, GGUF_NEUTRAL);
  for (const key of ['rope.dimension_count', 'attention.value_length'])
    if (read.size(key, headWidth) !== headWidth)
      throw unsupported(model, `has ${key} ${describeValue(read.value(key))} with heads ${headWidth} wide`);
  const scale = read.value('attention.scale') ?? 0;
  // Files have it in float32.
  if (scale !== 0 && Math.abs(read.number('attention.scale') * headWidth ** 0.5 - 1) > 1e-5)
    throw unsupported(model, `scales its queries by ${describeValue(scale)}`);
}

/** GGUF has the scaling of rotary positions as a factor for all, or as a tensor of factors. */
async function ggufFrequencies(
  model: ModelFile,
  read: MetadataReader,
  headWidth: number,
): Promise<Float64Array> {
  const scaling = read.value('rope.scaling.type') ?? 'linear';
  if (scaling !== 'linear' && scaling !== 'none')
    throw unsupported(model, `scales its rotary positions by ${describeValue(scaling)} in a GGUF file`);
  const factor = ggufRotaryFactor(read);
  const unscaled = rotaryFrequencies(headWidth, read.number('rope.freq_base', 10_000));
  const frequencies = unscaled.map((frequency) => frequency / factor);
  if (!model.tensors.has('rope_freqs.weight')) return frequencies;
  const factors = await model.readF32('rope_freqs.weight');
  if (factors.length !== frequencies.length) {
    throw new HalfspaceError(
      'corrupt-model',
      `${model.name} has ${factors.length} RoPE factors where a head has ${frequencies.length} pairs. Fetch it again.`,
    );
  }
  return frequencies.map((frequency, pair) => frequency / (factors[pair] ?? 1));
}

/** GGUF stores queries and keys so that a rotary pair lies side by side. */
async function describeGguf(model: ModelFile): Promise<Architecture> {
  const read = metadataReader(model, 'llama.');
  const width = read.size('embedding_length');
  const heads = read.size('attention.head_count');
  const turning = read.size('rope.dimension_count', read.size('attention.key_length', width / heads));
  const headWidth = read.size('attention.key_length', turning);
  if (turning !== headWidth) throw unsupported(model, `turns ${turning} of ${headWidth} numbers of a head`);
  checkGgufAttention(model, read, headWidth);
  return {
    family: 'llama',
    layers: read.size('block_count'),
    width,
    heads,
    keyValueHeads: read.size('attention.head_count_kv', heads),
    headWidth,
    feedForward: read.size('feed_forward_length'),
    vocabulary: model.tensors.get('token_embd.weight')?.shape[0] ?? read.size('vocab_size'),
    contextLength: read.size('context_length'),
    normEpsilon: read.number('attention.layer_norm_rms_epsilon'),
    ...PLAIN,
    rotary: { frequencies: await ggufFrequencies(model, read, headWidth), interleaved: true },
    weights: ggufWeights(!model.tensors.has('output.weight')),
  };
}

/** An object of config.json as metadata, to be read like the rest; undefined where it says nothing. */
export function entryReader(model: ModelFile, read: MetadataReader, key: string): MetadataReader | undefined {
  const entry = read.value(key);
  if (entry === undefined) return undefined;
  if (!isJsonObject(entry)) {
    throw new HalfspaceError(
      'corrupt-model',
      `The config.json of ${model.name} gives ${key} as ${describeValue(entry)}. Fetch it again.`,
    );
  }
  const metadata = new Map(Object.entries(entry));
  return metadata.size === 0 ? undefined : metadataReader({ name: model.name, metadata });
}

const ROPE_KEYS = ['rope_scaling', 'rope_parameters'] as const;

/** Rotary positions: older versions keep the base beside the entry about their scaling, newer ones in it. */
function configFrequencies(model: ModelFile, read: MetadataReader, headWidth: number): Float64Array {
  const plain = read.number('rope_theta', 10_000);
  const given = ROPE_KEYS.flatMap((key) => {
    const rope = entryReader(model, read, key);
    if (rope === undefined) return [];
    refuseUnlessNeutral(model, rope, { partial_rotary_factor: [1] });
    // Of models whose layers are of several kinds.
    if (Object.values(read.value(key) ?? {}).some(isJsonObject))
      throw unsupported(model, 'has rotary positions of several kinds');
    return [scaleByConfig(rotaryFrequencies(headWidth, rope.number('rope_theta', plain)), rope)];
  });
  const [frequencies = rotaryFrequencies(headWidth, plain), other = frequencies] = given;
  if (other.some((each, pair) => each !== frequencies[pair]))
    throw contradiction(model.name, 'rope_scaling and rope_parameters differ');
  return frequencies;
}

function describeHuggingFace(model: ModelFile): Architecture {
  const read = metadataReader(model);
  refuseUnlessNeutral(model, read, CONFIG_NEUTRAL);
  const width = read.size('hidden_size');
  const heads = read.size('num_attention_heads');
  const headWidth = read.size('head_dim', width / heads);
  const activation = read.value('hidden_act') ?? 'silu';
  if (activation !== 'silu') throw unsupported(model, `has the activation ${describeValue(activation)}`);
  return {
    family: 'llama',
    layers: read.size('num_hidden_layers'),
    width,
    heads,
    keyValueHeads: read.size('num_key_value_heads', heads),
    headWidth,
    feedForward: read.size('intermediate_size'),
    vocabulary: read.size('vocab_size'),
    contextLength: read.size('max_position_embeddings'),
    normEpsilon: read.number('rms_norm_eps'),
    ...PLAIN,
    rotary: { frequencies: configFrequencies(model, read, headWidth), interleaved: false },
    weights: huggingFaceWeights(
      read.value('tie_word_embeddings') === true || !model.tensors.has('lm_head.weight'),
    ),
  };
}

/** Llama, and what shares its architecture (SmolLM2, TinyLlama, Mistral without sliding window). */
export const llama: Family = {
  name: 'llama',
  describe: async (model) => (model.format === 'gguf' ? describeGguf(model) : describeHuggingFace(model)),
};
