import { defineFamily } from './define-family.js';
import type { NamedPart, TensorNames } from './tensor-names.js';
import { unsupported } from './unsupported.js';

/** Names in checkpoints; those that transformers writes begin with `model.`, the first ones published do not. */
const names = (prefix: string): TensorNames => ({
  embedding: `${prefix}decoder.embed_tokens`,
  positions: `${prefix}decoder.embed_positions`,
  finalNorm: `${prefix}decoder.final_layer_norm`,
  head: 'lm_head',
  attentionNorm: `${prefix}decoder.layers.{}.self_attn_layer_norm`,
  query: `${prefix}decoder.layers.{}.self_attn.q_proj`,
  key: `${prefix}decoder.layers.{}.self_attn.k_proj`,
  value: `${prefix}decoder.layers.{}.self_attn.v_proj`,
  attentionOutput: `${prefix}decoder.layers.{}.self_attn.out_proj`,
  mlpNorm: `${prefix}decoder.layers.{}.final_layer_norm`,
  up: `${prefix}decoder.layers.{}.fc1`,
  down: `${prefix}decoder.layers.{}.fc2`,
});

const BIASES: readonly NamedPart[] = [
  'finalNorm',
  'attentionNorm',
  'query',
  'key',
  'value',
  'attentionOutput',
  'mlpNorm',
  'up',
  'down',
];

/** OPT, but for 350M, whose norms come after blocks. llama.cpp has no such family. */
export const opt = defineFamily('opt', {
  config: {
    sizeKeys: { feedForward: 'ffn_dim', keyValueHeads: 'num_attention_heads' },
    epsilon: 1e-5,
    activation: { key: 'activation_function', otherwise: 'relu' },
    neutral: {
      do_layer_norm_before: [true],
      _remove_final_layer_norm: [false],
      enable_bias: [true],
      layer_norm_elementwise_affine: [true],
    },
    rotary: 'none',
    tied: true,
    layout({ model, read, sizes }) {
      if (read.size('word_embed_proj_dim', sizes.width) !== sizes.width)
        throw unsupported(model, 'has an embedding of another width');
      return {
        names: names(model.tensors.has('decoder.embed_tokens.weight') ? '' : 'model.'),
        biases: BIASES,
        // The first two rows are of no position.
        positionOffset: 2,
        spare: /^lm_head\.weight$/,
      };
    },
    switches: () => ({ norm: 'layer' }),
  },
});
