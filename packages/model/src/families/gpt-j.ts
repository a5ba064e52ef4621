import { contradiction } from '../compile/check-tensors.js';
import { rotaryFrequencies } from '../compile/rotary.js';
import { defineFamily } from './define-family.js';
import { GPT2_KEYS } from './gpt2.js';
import type { TensorNames } from './tensor-names.js';

const NAMES: TensorNames = {
  embedding: 'transformer.wte',
  finalNorm: 'transformer.ln_f',
  head: 'lm_head',
  attentionNorm: 'transformer.h.{}.ln_1',
  query: 'transformer.h.{}.attn.q_proj',
  key: 'transformer.h.{}.attn.k_proj',
  value: 'transformer.h.{}.attn.v_proj',
  attentionOutput: 'transformer.h.{}.attn.out_proj',
  up: 'transformer.h.{}.mlp.fc_in',
  down: 'transformer.h.{}.mlp.fc_out',
};

/** GPT-J: attention and MLP side by side after one norm; the pairs that are turned lie side by side. llama.cpp has no such family. */
export const gptJ = defineFamily('gptj', {
  config: {
    ...GPT2_KEYS,
    rotary: 'own',
    layout: () => ({
      names: NAMES,
      biases: ['finalNorm', 'head', 'attentionNorm', 'up', 'down'],
      spare: /\.attn\.(masked_)?bias$/,
    }),
    switches({ model, read }) {
      const width = read.size('rotary_dim', 64);
      if (width % 2 !== 0) throw contradiction(model.name, `its rotary_dim is ${width}`);
      const frequencies = rotaryFrequencies(width, 10_000);
      return { norm: 'layer', parallel: true, rotary: { frequencies, interleaved: true, scale: 1 } };
    },
  },
});
