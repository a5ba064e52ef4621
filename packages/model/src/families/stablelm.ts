import { defineFamily, type Described } from './define-family.js';
import { SPARE } from './llama.js';
import { ggufNames, LLAMA_PARTS, type NamedPart, transformersNames } from './tensor-names.js';

const QKV: readonly NamedPart[] = ['query', 'key', 'value'];
const NORMS: readonly NamedPart[] = ['attentionNorm', 'mlpNorm', 'finalNorm'];

/** With attention and MLP side by side there is one norm before both. */
function partsOf(parallel: boolean): readonly (typeof LLAMA_PARTS)[number][] {
  return parallel ? LLAMA_PARTS.filter((part) => part !== 'mlpNorm') : LLAMA_PARTS;
}

const isParallel = ({ read }: Described) => read.flag('use_parallel_residual', false);

/** StableLM 3B and 2 1.6B: a Llama with LayerNorm and a quarter of a head turned. */
export const stablelm = defineFamily('stablelm', {
  config: {
    uses: ['use_parallel_residual'],
    neutral: { qk_layernorm: [false] },
    epsilonKey: 'layer_norm_eps',
    rotary: { part: 0.25 },
    layout(found) {
      const parts = partsOf(isParallel(found));
      const norms = NORMS.filter((part) => parts.some((each) => each === part));
      return {
        names: transformersNames(parts),
        biases: found.read.flag('use_qkv_bias', false) ? [...norms, ...QKV] : norms,
        spare: SPARE,
      };
    },
    switches: (found) => ({ norm: 'layer', parallel: isParallel(found) }),
  },
  gguf: {
    uses: ['use_parallel_residual'],
    rotary: 'halves',
    turnsPart: true,
    layout({ model }) {
      const parts = partsOf(!model.tensors.has('blk.0.ffn_norm.weight'));
      return {
        names: ggufNames(parts),
        biases: NORMS.filter((part) => parts.some((each) => each === part)),
        optionalBiases: QKV,
      };
    },
    switches: ({ model }) => ({ norm: 'layer', parallel: !model.tensors.has('blk.0.ffn_norm.weight') }),
  },
});
