import { defineFamily } from './define-family.js';
import { biasesByConfig, SPARE } from './llama.js';
import { ggufNames, LLAMA_PARTS, transformersNames } from './tensor-names.js';

/** Granite 3, dense: a Llama with scalars for the embedding, attention, what blocks add, and the logits. */
export const granite = defineFamily('granite', {
  config: {
    uses: [
      'attention_bias',
      'mlp_bias',
      'attention_multiplier',
      'embedding_multiplier',
      'residual_multiplier',
      'logits_scaling',
    ],
    layout: ({ read }) => ({
      names: transformersNames(LLAMA_PARTS),
      biases: biasesByConfig(read),
      spare: SPARE,
    }),
    switches: ({ read }) => ({
      embeddingScale: read.number('embedding_multiplier', 1),
      residualScale: read.number('residual_multiplier', 1),
      attention: { scale: read.number('attention_multiplier', 1) },
      logits: { scale: 1 / read.number('logits_scaling', 1) },
    }),
  },
  gguf: {
    uses: ['attention.scale', 'embedding_scale', 'residual_scale', 'logit_scale'],
    rotary: 'interleaved',
    factors: true,
    layout: () => ({
      names: ggufNames(LLAMA_PARTS),
      optionalBiases: ['query', 'key', 'value', 'attentionOutput', 'gate', 'up', 'down'],
    }),
    switches({ read, sizes }) {
      // A scale of 0 is none.
      const scale = (key: string, otherwise: number) =>
        (read.value(key) ?? 0) === 0 ? otherwise : read.number(key);
      return {
        embeddingScale: scale('embedding_scale', 1),
        residualScale: scale('residual_scale', 1),
        attention: { scale: scale('attention.scale', sizes.headWidth ** -0.5) },
        logits: { scale: 1 / scale('logit_scale', 1) },
      };
    },
  },
});
