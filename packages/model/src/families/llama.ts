import type { MetadataReader } from '../compile/metadata.js';
import { defineFamily, type Described } from './define-family.js';
import { expertsOf, GGUF_EXPERTS, MIXTURE_PARTS } from './experts.js';
import { ggufNames, LLAMA_PARTS, transformersNames } from './tensor-names.js';

/** The projections of attention. */
export const ATTENTION = ['query', 'key', 'value', 'attentionOutput'] as const;
const MLP = ['gate', 'up', 'down'] as const;

/** Other tensors of checkpoints: a tied head, kept all the same, or frequencies that follow from the configuration. */
export const SPARE = /^lm_head\.weight$|\.rotary_emb\.inv_freq$/;

/** The parts that have biases by `attention_bias` and `mlp_bias`. */
export function biasesByConfig(read: MetadataReader) {
  return [
    ...(read.flag('attention_bias', false) ? ATTENTION : []),
    ...(read.flag('mlp_bias', false) ? MLP : []),
  ];
}

/** Mixtral is a Llama with experts in GGUF files. */
function mixtureOf(found: Described) {
  if ((found.read.value('expert_count') ?? 0) === 0) return undefined;
  return expertsOf(found, GGUF_EXPERTS, true);
}

/**
 * Llama 1 to 3.3, and what shares its architecture (SmolLM2, TinyLlama, Falcon 3). Mistral is a Llama in GGUF files. Those
 * have the rows of queries and keys in an order that puts a rotary pair side by side.
 */
export const llama = defineFamily('llama', {
  config: {
    uses: ['attention_bias', 'mlp_bias'],
    layout: ({ read }) => ({
      names: transformersNames(LLAMA_PARTS),
      biases: biasesByConfig(read),
      spare: SPARE,
    }),
  },
  gguf: {
    uses: ['expert_count'],
    rotary: 'interleaved',
    factors: true,
    layout(found) {
      const experts = mixtureOf(found);
      return experts === undefined
        ? { names: ggufNames(LLAMA_PARTS), optionalBiases: [...ATTENTION, ...MLP] }
        : { names: ggufNames(MIXTURE_PARTS), experts: experts.count, optionalBiases: ATTENTION };
    },
    switches(found) {
      const experts = mixtureOf(found);
      return experts === undefined ? {} : { experts };
    },
  },
});
