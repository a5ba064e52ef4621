import { HalfspaceError } from '@halfspace/core';
import type { ModelFile } from '../weights.js';
import type { Architecture, Family, WeightNames } from './architecture.js';
import { metadataReader } from './metadata.js';
import { rotaryFrequencies, scaleByConfig } from './rotary.js';

function ggufWeights(tied: boolean): WeightNames {
  return {
    embedding: 'token_embd.weight',
    head: tied ? 'token_embd.weight' : 'output.weight',
    finalNorm: 'output_norm.weight',
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

function huggingFaceWeights(tied: boolean): WeightNames {
  return {
    embedding: 'model.embed_tokens.weight',
    head: tied ? 'model.embed_tokens.weight' : 'lm_head.weight',
    finalNorm: 'model.norm.weight',
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

/** GGUF stores queries and keys so that a rotary pair lies side by side, and scaling as a tensor of factors. */
async function describeGguf(model: ModelFile): Promise<Architecture> {
  const read = metadataReader(model, 'llama.');
  const width = read.size('embedding_length');
  const heads = read.size('attention.head_count');
  const headWidth = read.size('attention.key_length', read.size('rope.dimension_count', width / heads));
  let frequencies = rotaryFrequencies(headWidth, read.number('rope.freq_base', 10_000));
  const scaling = read.value('rope.scaling.type');
  if (scaling === 'linear') {
    const factor = read.number('rope.scaling.factor');
    frequencies = frequencies.map((frequency) => frequency / factor);
  } else if (scaling !== undefined && scaling !== 'none') {
    throw new HalfspaceError(
      'unsupported-model',
      `${model.name} asks for RoPE scaling ${JSON.stringify(scaling)}, which Halfspace does not know in GGUF files.`,
    );
  }
  if (model.tensors.has('rope_freqs.weight')) {
    const factors = await model.readF32('rope_freqs.weight');
    if (factors.length !== frequencies.length) {
      throw new HalfspaceError(
        'corrupt-model',
        `${model.name} has ${factors.length} RoPE factors where a head has ${frequencies.length} pairs.`,
      );
    }
    frequencies = frequencies.map((frequency, pair) => frequency / (factors[pair] ?? 1));
  }
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
    rotary: { frequencies, interleaved: true },
    weights: ggufWeights(!model.tensors.has('output.weight')),
  };
}

function describeHuggingFace(model: ModelFile): Architecture {
  const read = metadataReader(model);
  const width = read.size('hidden_size');
  const heads = read.size('num_attention_heads');
  const headWidth = read.size('head_dim', width / heads);
  const rope = read.value('rope_parameters') ?? read.value('rope_scaling');
  const nested = (rope as Readonly<Record<string, unknown>> | undefined)?.['rope_theta'];
  const base = typeof nested === 'number' ? nested : read.number('rope_theta', 10_000);
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
    rotary: { frequencies: scaleByConfig(rotaryFrequencies(headWidth, base), rope), interleaved: false },
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
