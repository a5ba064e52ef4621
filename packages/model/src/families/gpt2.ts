import { type ConfigTable, defineFamily } from './define-family.js';
import { ggufNames } from './tensor-names.js';

const PARTS = [
  'embedding',
  'positions',
  'finalNorm',
  'head',
  'attentionNorm',
  'queryKeyValue',
  'attentionOutput',
  'mlpNorm',
  'up',
  'down',
] as const;
const BIASES = PARTS.filter((part) => part !== 'embedding' && part !== 'positions' && part !== 'head');

/** How the config.json of GPT-2, and of those who took it over, names sizes. */
export const GPT2_KEYS = {
  sizeKeys: {
    layers: 'n_layer',
    width: 'n_embd',
    heads: 'n_head',
    keyValueHeads: 'n_head',
    feedForward: 'n_inner',
    contextLength: 'n_positions',
  },
  feedForward: (width) => 4 * width,
  epsilonKey: 'layer_norm_epsilon',
  activation: { key: 'activation_function', otherwise: 'gelu_new' },
} as const satisfies Partial<ConfigTable>;

/** Names in checkpoints; those that transformers writes begin with `transformer.`, the first ones published do not. */
const names = (prefix: string) => ({
  embedding: `${prefix}wte`,
  positions: `${prefix}wpe`,
  finalNorm: `${prefix}ln_f`,
  head: 'lm_head',
  attentionNorm: `${prefix}h.{}.ln_1`,
  queryKeyValue: `${prefix}h.{}.attn.c_attn`,
  attentionOutput: `${prefix}h.{}.attn.c_proj`,
  mlpNorm: `${prefix}h.{}.ln_2`,
  up: `${prefix}h.{}.mlp.c_fc`,
  down: `${prefix}h.{}.mlp.c_proj`,
});

const SWITCHES = { norm: 'layer' } as const;

/** GPT-2 and DistilGPT-2: LayerNorm, an embedding of positions, an MLP without a gate, biases everywhere. */
export const gpt2 = defineFamily('gpt2', {
  config: {
    ...GPT2_KEYS,
    neutral: { scale_attn_weights: [true], scale_attn_by_inverse_layer_idx: [false] },
    rotary: 'none',
    tied: true,
    layout: ({ model }) => ({
      names: names(model.tensors.has('wte.weight') ? '' : 'transformer.'),
      biases: BIASES,
      transposed: true,
      // Causal masks, kept by older versions.
      spare: /(^|\.)h\.\d+\.attn\.(masked_)?bias$|^lm_head\.weight$/,
    }),
    switches: () => SWITCHES,
  },
  gguf: {
    rotary: 'none',
    activation: 'gelu-tanh',
    layout: () => ({ names: ggufNames(PARTS), biases: BIASES }),
    switches: () => SWITCHES,
  },
});
