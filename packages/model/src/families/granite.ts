import { defineFamily, type Described } from './define-family.js';
import { expertsOf, GGUF_EXPERTS, MIXTURE_PARTS } from './experts.js';
import { ATTENTION, biasesByConfig, SPARE } from './llama.js';
import { ggufNames, LLAMA_PARTS, type NamedPart, transformersNames } from './tensor-names.js';

const CONFIG_SCALARS = [
  'attention_multiplier',
  'embedding_multiplier',
  'residual_multiplier',
  'logits_scaling',
] as const;

const scalarsByConfig = ({ read }: Described) => ({
  embeddingScale: read.number('embedding_multiplier', 1),
  residualScale: read.number('residual_multiplier', 1),
  attention: { scale: read.number('attention_multiplier', 1) },
  logits: { scale: 1 / read.number('logits_scaling', 1) },
});

const GGUF_SCALARS = ['attention.scale', 'embedding_scale', 'residual_scale', 'logit_scale'] as const;

function scalarsByGguf({ read, sizes }: Described) {
  // A scale of 0 is none.
  const scale = (key: string, otherwise: number) =>
    (read.value(key) ?? 0) === 0 ? otherwise : read.number(key);
  return {
    embeddingScale: scale('embedding_scale', 1),
    residualScale: scale('residual_scale', 1),
    attention: { scale: scale('attention.scale', sizes.headWidth ** -0.5) },
    logits: { scale: 1 / scale('logit_scale', 1) },
  };
}

/** Granite 3, dense: a Llama with scalars for the embedding, attention, what blocks add, and the logits. */
export const granite = defineFamily('granite', {
  config: {
    uses: ['attention_bias', 'mlp_bias', ...CONFIG_SCALARS],
    layout: ({ read }) => ({
      names: transformersNames(LLAMA_PARTS),
      biases: biasesByConfig(read),
      spare: SPARE,
    }),
    switches: scalarsByConfig,
  },
  gguf: {
    uses: GGUF_SCALARS,
    rotary: 'interleaved',
    factors: true,
    layout: () => ({
      names: ggufNames(LLAMA_PARTS),
      optionalBiases: ['query', 'key', 'value', 'attentionOutput', 'gate', 'up', 'down'],
    }),
    switches: scalarsByGguf,
  },
});

const experts = (found: Described) =>
  expertsOf(found, { count: 'num_local_experts', perToken: 'num_experts_per_tok', fallback: [8, 2] }, true);
const PARTS: readonly NamedPart[] = MIXTURE_PARTS.flatMap((part): readonly NamedPart[] => {
  if (part === 'expertGate') return ['expertGateUp'];
  return part === 'expertUp' ? [] : [part];
});

/** Granite 3 with mixtures of experts. */
export const graniteMoe = defineFamily('granitemoe', {
  config: {
    uses: ['attention_bias', 'num_local_experts', ...CONFIG_SCALARS],
    layout: (found) => ({
      names: transformersNames(PARTS, {
        router: 'model.layers.{}.block_sparse_moe.router.layer',
        expertGateUp: 'model.layers.{}.block_sparse_moe.input_linear',
        expertDown: 'model.layers.{}.block_sparse_moe.output_linear',
      }),
      experts: experts(found).count,
      biases: found.read.flag('attention_bias', false) ? ATTENTION : [],
      spare: SPARE,
    }),
    switches: (found) => ({ ...scalarsByConfig(found), experts: experts(found) }),
  },
  gguf: {
    uses: ['expert_count', ...GGUF_SCALARS],
    rotary: 'interleaved',
    factors: true,
    layout: (found) => ({
      names: ggufNames(MIXTURE_PARTS),
      experts: expertsOf(found, GGUF_EXPERTS, true).count,
    }),
    switches: (found) => ({ ...scalarsByGguf(found), experts: expertsOf(found, GGUF_EXPERTS, true) }),
  },
});
