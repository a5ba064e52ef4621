import { defineFamily, type Described } from './define-family.js';
import { expertsOf, MIXTURE_PARTS } from './experts.js';
import { SPARE } from './llama.js';
import { windowIn } from './sliding.js';
import { transformersNames } from './tensor-names.js';

const NAMES = transformersNames(MIXTURE_PARTS, {
  router: 'model.layers.{}.block_sparse_moe.gate',
  expertGate: 'model.layers.{}.block_sparse_moe.experts.{expert}.w1',
  expertUp: 'model.layers.{}.block_sparse_moe.experts.{expert}.w3',
  expertDown: 'model.layers.{}.block_sparse_moe.experts.{expert}.w2',
});

const experts = (found: Described) =>
  expertsOf(found, { count: 'num_local_experts', perToken: 'num_experts_per_tok', fallback: [8, 2] }, true);

/** Mixtral: a Mistral whose MLPs are mixtures of experts. Llama in GGUF files. */
export const mixtral = defineFamily('mixtral', {
  config: {
    uses: ['num_local_experts'],
    rotary: { base: 1_000_000 },
    layout: (found) => ({ names: NAMES, experts: experts(found).count, spare: SPARE }),
    switches(found) {
      const { read } = found;
      const window = read.value('sliding_window') === undefined ? undefined : read.size('sliding_window');
      return {
        experts: experts(found),
        ...(window !== undefined && windowIn(found, window, () => false)),
      };
    },
  },
});
