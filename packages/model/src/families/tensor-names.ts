import type { Part } from '../compile/tensor-spec.js';

/** A part, or a tensor that several parts share: their rows one after the other. */
export type NamedPart = Part | 'queryKeyValue' | 'gateUp' | ExpertPart;

/** Parts of an MLP that each expert has, in a tensor of its own or, in order, in one for all. */
export type ExpertPart = 'expertGate' | 'expertUp' | 'expertDown' | 'expertGateUp';

/**
 * Names of tensors by what they do, without `.weight`; `{}` stands for the number of the block, `{expert}` for that of an
 * expert.
 */
export type TensorNames = Readonly<Partial<Record<NamedPart, string>>>;

/** The parts of a Llama, which most families share or nearly. */
export const LLAMA_PARTS = [
  'embedding',
  'finalNorm',
  'head',
  'attentionNorm',
  'query',
  'key',
  'value',
  'attentionOutput',
  'mlpNorm',
  'gate',
  'up',
  'down',
] as const satisfies readonly Part[];

/** The parts of a Llama that has norms after attention and the MLP in the place of those before, and of queries and keys. */
export const POST_NORM_PARTS = [
  ...LLAMA_PARTS.filter((part) => part !== 'attentionNorm' && part !== 'mlpNorm'),
  'queryNorm',
  'keyNorm',
  'attentionOutputNorm',
  'mlpOutputNorm',
] as const satisfies readonly Part[];

/** Names in GGUF files, which are the same for all families: gguf-py, `TENSOR_NAMES`. */
const GGUF = {
  embedding: 'token_embd',
  positions: 'position_embd',
  finalNorm: 'output_norm',
  head: 'output',
  attentionNorm: 'blk.{}.attn_norm',
  queryKeyValue: 'blk.{}.attn_qkv',
  query: 'blk.{}.attn_q',
  key: 'blk.{}.attn_k',
  value: 'blk.{}.attn_v',
  queryNorm: 'blk.{}.attn_q_norm',
  keyNorm: 'blk.{}.attn_k_norm',
  attentionOutput: 'blk.{}.attn_output',
  attentionOutputNorm: 'blk.{}.post_attention_norm',
  mlpNorm: 'blk.{}.ffn_norm',
  gateUp: 'blk.{}.ffn_up',
  gate: 'blk.{}.ffn_gate',
  up: 'blk.{}.ffn_up',
  down: 'blk.{}.ffn_down',
  mlpOutputNorm: 'blk.{}.post_ffw_norm',
  router: 'blk.{}.ffn_gate_inp',
  expertGate: 'blk.{}.ffn_gate_exps',
  expertUp: 'blk.{}.ffn_up_exps',
  expertDown: 'blk.{}.ffn_down_exps',
} as const satisfies TensorNames;

/** Names that most families have in checkpoints of Hugging Face transformers. */
const TRANSFORMERS = {
  embedding: 'model.embed_tokens',
  finalNorm: 'model.norm',
  head: 'lm_head',
  attentionNorm: 'model.layers.{}.input_layernorm',
  queryKeyValue: 'model.layers.{}.self_attn.qkv_proj',
  query: 'model.layers.{}.self_attn.q_proj',
  key: 'model.layers.{}.self_attn.k_proj',
  value: 'model.layers.{}.self_attn.v_proj',
  queryNorm: 'model.layers.{}.self_attn.q_norm',
  keyNorm: 'model.layers.{}.self_attn.k_norm',
  attentionOutput: 'model.layers.{}.self_attn.o_proj',
  mlpNorm: 'model.layers.{}.post_attention_layernorm',
  gateUp: 'model.layers.{}.mlp.gate_up_proj',
  gate: 'model.layers.{}.mlp.gate_proj',
  up: 'model.layers.{}.mlp.up_proj',
  down: 'model.layers.{}.mlp.down_proj',
} as const satisfies TensorNames;

function pick(names: TensorNames, parts: readonly NamedPart[], others: TensorNames): TensorNames {
  return Object.fromEntries(
    parts.map((part) => {
      const name = others[part] ?? names[part];
      if (name === undefined) throw new RangeError(`There is no common name for ${part}.`);
      return [part, name];
    }),
  );
}

/** Names of {@link POST_NORM_PARTS} in checkpoints of Hugging Face transformers. */
export const POST_NORM_NAMES = transformersNames(POST_NORM_PARTS, {
  attentionOutputNorm: 'model.layers.{}.post_attention_layernorm',
  mlpOutputNorm: 'model.layers.{}.post_feedforward_layernorm',
});

/** Names of parts in GGUF files; `others` are those that a family has differently. */
export function ggufNames(parts: readonly NamedPart[], others: TensorNames = {}): TensorNames {
  return pick(GGUF, parts, others);
}

/** Names of parts as Llama has them in checkpoints of Hugging Face transformers; `others` as in {@link ggufNames}. */
export function transformersNames(parts: readonly NamedPart[], others: TensorNames = {}): TensorNames {
  return pick(TRANSFORMERS, parts, others);
}
