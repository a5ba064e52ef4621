import { defineFamily, type Described } from './define-family.js';
import { ggufNames, type NamedPart, type TensorNames } from './tensor-names.js';

const PARTS = [
  'embedding',
  'finalNorm',
  'head',
  'attentionNorm',
  'queryKeyValue',
  'attentionOutput',
  'mlpNorm',
  'up',
  'down',
] as const satisfies readonly NamedPart[];
const NAMES: TensorNames = {
  embedding: 'gpt_neox.embed_in',
  finalNorm: 'gpt_neox.final_layer_norm',
  head: 'embed_out',
  attentionNorm: 'gpt_neox.layers.{}.input_layernorm',
  queryKeyValue: 'gpt_neox.layers.{}.attention.query_key_value',
  attentionOutput: 'gpt_neox.layers.{}.attention.dense',
  mlpNorm: 'gpt_neox.layers.{}.post_attention_layernorm',
  up: 'gpt_neox.layers.{}.mlp.dense_h_to_4h',
  down: 'gpt_neox.layers.{}.mlp.dense_4h_to_h',
};
const ATTENTION: readonly NamedPart[] = ['queryKeyValue', 'attentionOutput'];
const BIASES: readonly NamedPart[] = ['finalNorm', 'attentionNorm', 'mlpNorm', 'up', 'down'];

const switches = ({ read }: Described) =>
  ({ norm: 'layer', parallel: read.flag('use_parallel_residual', true) }) as const;

/** GPT-NeoX and Pythia: LayerNorm, attention and MLP side by side after norms of their own, a quarter of a head turned. */
export const gptNeoX = defineFamily('gpt_neox', {
  config: {
    uses: ['use_parallel_residual', 'attention_bias'],
    // All heads have keys and values of their own.
    sizeKeys: { keyValueHeads: 'num_attention_heads' },
    activation: { otherwise: 'gelu' },
    epsilonKey: 'layer_norm_eps',
    rotary: { baseKey: 'rotary_emb_base', part: 0.25, partKey: 'rotary_pct' },
    layout: ({ read }) => ({
      names: NAMES,
      biases: read.flag('attention_bias', true) ? [...ATTENTION, ...BIASES] : BIASES,
      // Queries, keys and values of a head lie together.
      headByHead: true,
      // Causal masks and frequencies, kept by older versions.
      spare: /\.attention\.(masked_)?bias$|\.rotary_emb\.inv_freq$/,
    }),
    switches,
  },
});

/** The same as GGUF files name it. */
export const gptNeoXInGguf = defineFamily('gptneox', {
  gguf: {
    uses: ['use_parallel_residual'],
    rotary: 'halves',
    turnsPart: true,
    activation: 'gelu',
    layout: () => ({ names: ggufNames(PARTS), biases: [...ATTENTION, ...BIASES] }),
    switches,
  },
});
