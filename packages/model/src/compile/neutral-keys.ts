import { HalfspaceError } from '@halfspace/core';
import { describeValue } from '../describe-value.js';
import type { MetadataValue } from '../weight-tensor.js';
import type { ModelFile } from '../weights.js';
import type { MetadataReader } from './metadata.js';

/** Keys that change what a model computes, each with the values that it changes nothing with. */
export type NeutralValues = Readonly<Record<string, readonly MetadataValue[]>>;

/**
 * Keys of config.json that the graphs have nothing for. Transformers reads the first of them in the families that are known;
 * the others are of families that share the names of their weights, and stand in files that come with code of their own.
 */
export const CONFIG_NEUTRAL: NeutralValues = {
  attention_bias: [false],
  mlp_bias: [false],
  partial_rotary_factor: [1],
  use_bidirectional_attention: [false],
  attn_logit_softcapping: [false, 0],
  final_logit_softcapping: [false, 0],
  is_encoder_decoder: [false],
  add_cross_attention: [false],
  quantization_config: [],
  per_layer_config: [],
  pruned_heads: [],

  attention_multiplier: [],
  embedding_multiplier: [1],
  residual_multiplier: [1],
  logits_scaling: [1],
  logit_scale: [1],
  scale_emb: [1],
  scale_depth: [],
  clip_qkv: [],
  qkv_bias: [false],
  qk_norm: [false],
  use_qk_norm: [false],
  qk_layernorm: [false],
  no_rope_layers: [],
  no_rope_layer_interval: [0],
  parallel_attn: [false],
  use_parallel_residual: [false],
  alibi: [false],
  num_experts: [0, 1],
  num_local_experts: [0, 1],
};

/** Keys of GGUF metadata, without the family's prefix, that the graphs have nothing for. */
export const GGUF_NEUTRAL: NeutralValues = {
  'attention.causal': [true],
  'attention.clamp_kqv': [0],
  'attention.max_alibi_bias': [0],
  'attention.temperature_scale': [0],
  attn_logit_softcapping: [0],
  final_logit_softcapping: [0],
  embedding_scale: [0, 1],
  residual_scale: [0, 1],
  logit_scale: [0, 1],
  use_parallel_residual: [false],
  expert_count: [0],
  'rope.scaling.attn_factor': [0, 1],
  'rope.scaling.yarn_ext_factor': [-1, 1],
  'rope.scaling.yarn_log_multiplier': [0],
};

/** Whether a value says as little as none would. */
function isEmpty(value: MetadataValue): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/**
 * Refuses a configuration that asks for what the graphs do not do. Keys that are on no list pass: whatever transformers
 * (llama.cpp for GGUF) does not read in a family changes nothing there either (docs/decisions/0009).
 *
 * @param used - Keys that the family reads.
 * @throws HalfspaceError `unsupported-model`
 */
export function refuseUnlessNeutral(
  { name }: Pick<ModelFile, 'name'>,
  read: MetadataReader,
  keys: NeutralValues,
  used: readonly string[] = [],
): void {
  for (const [key, neutral] of Object.entries(keys)) {
    const value = read.value(key);
    if (used.includes(key) || value === undefined || isEmpty(value) || neutral.includes(value)) continue;
    throw new HalfspaceError(
      'unsupported-model',
      `${name} has the setting ${key} ${describeValue(value)}, which Halfspace does not do.`,
    );
  }
}
