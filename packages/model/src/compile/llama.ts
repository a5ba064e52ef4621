import { HalfspaceError } from '@halfspace/core';
import { isJsonObject } from '../json-file.js';
import { shown } from '../shown.js';
import type { ModelFile } from '../weights.js';
import type { Architecture, Family, WeightNames } from './architecture.js';
import { metadataReader, type MetadataReader } from './metadata.js';
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

/** GGUF has the scaling of rotary positions as a factor for all, or as a tensor of factors. */
async function ggufFrequencies(
  model: ModelFile,
  read: MetadataReader,
  headWidth: number,
): Promise<Float64Array> {
  let frequencies = rotaryFrequencies(headWidth, read.number('rope.freq_base', 10_000));
  const scaling = read.value('rope.scaling.type');
  if (scaling === 'linear') {
    const factor = read.number('rope.scaling.factor');
    frequencies = frequencies.map((frequency) => frequency / factor);
  } else if (scaling !== undefined && scaling !== 'none') {
    throw unsupported(model, `scales its rotary positions by ${shown(scaling)} in a GGUF file`);
  }
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

/** The entry of config.json about rotary positions; newer versions keep the base in it too. */
function ropeReader(model: ModelFile, read: MetadataReader): MetadataReader {
  const entry = read.value('rope_parameters') ?? read.value('rope_scaling') ?? {};
  if (!isJsonObject(entry)) {
    throw new HalfspaceError(
      'corrupt-model',
      `The config.json of ${model.name} gives its rotary positions as ${shown(entry)}. Fetch it again.`,
    );
  }
  return metadataReader({ name: model.name, metadata: new Map(Object.entries(entry)) });
}

function describeHuggingFace(model: ModelFile): Architecture {
  const read = metadataReader(model);
  const rope = ropeReader(model, read);
  const width = read.size('hidden_size');
  const heads = read.size('num_attention_heads');
  const headWidth = read.size('head_dim', width / heads);
  const activation = read.value('hidden_act') ?? 'silu';
  if (activation !== 'silu') throw unsupported(model, `has the activation ${shown(activation)}`);
  const turning = rope.value('partial_rotary_factor') ?? read.value('partial_rotary_factor') ?? 1;
  if (turning !== 1) throw unsupported(model, `turns ${shown(turning)} of every head`);
  const base = rope.number('rope_theta', read.number('rope_theta', 10_000));
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
