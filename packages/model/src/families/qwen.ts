import { defineFamily, type Described } from './define-family.js';
import { expertsOf, GGUF_EXPERTS, MIXTURE_PARTS } from './experts.js';
import { ATTENTION, biasesByConfig, SPARE } from './llama.js';
import { wholeByKinds, windowIn } from './sliding.js';
import { ggufNames, LLAMA_PARTS, transformersNames } from './tensor-names.js';
import { unsupported } from './unsupported.js';

const BIASES = ['query', 'key', 'value'] as const;
const WITH_HEAD_NORMS = [...LLAMA_PARTS, 'queryNorm', 'keyNorm'] as const;

/** Windows where the file asks for them: in the blocks that it lists, or from one of them on. */
function windows(found: Described) {
  const { read } = found;
  if (!read.flag('use_sliding_window', false) || found.model.metadata.get('sliding_window') === null)
    return {};
  const first = read.value('max_window_layers') === 0 ? 0 : read.size('max_window_layers', 28);
  return windowIn(
    found,
    read.size('sliding_window', 4096),
    wholeByKinds(found) ?? ((layer) => layer < first),
  );
}

/** Qwen 2 and 2.5: a Llama with biases of queries, keys and values. */
export const qwen2 = defineFamily('qwen2', {
  config: {
    layout: () => ({ names: transformersNames(LLAMA_PARTS), biases: BIASES, spare: SPARE }),
    switches: windows,
  },
  gguf: {
    rotary: 'halves',
    layout: () => ({ names: ggufNames(LLAMA_PARTS), biases: BIASES, optionalBiases: [] }),
  },
});

/** Qwen 3, dense: norms of the heads in the place of biases. */
export const qwen3 = defineFamily('qwen3', {
  config: {
    uses: ['attention_bias'],
    headWidth: 128,
    layout: ({ read }) => ({
      names: transformersNames(WITH_HEAD_NORMS),
      biases: biasesByConfig(read),
      spare: SPARE,
    }),
    switches: windows,
  },
  gguf: { rotary: 'halves', layout: () => ({ names: ggufNames(WITH_HEAD_NORMS) }) },
});

const MIXTURE_WITH_HEAD_NORMS = [...MIXTURE_PARTS, 'queryNorm', 'keyNorm'] as const;
const qwen3Experts = (found: Described) =>
  expertsOf(
    found,
    {
      // Newer versions of transformers write the second.
      count: found.read.value('num_experts') === undefined ? 'num_local_experts' : 'num_experts',
      perToken: 'num_experts_per_tok',
      fallback: [128, 8],
    },
    found.read.flag('norm_topk_prob', false),
  );

/** Qwen 3 with mixtures of experts in all blocks. */
export const qwen3Moe = defineFamily('qwen3_moe', {
  config: {
    uses: ['attention_bias', 'num_experts', 'num_local_experts'],
    neutral: { decoder_sparse_step: [1], mlp_only_layers: [] },
    sizeKeys: { feedForward: 'moe_intermediate_size' },
    layout: (found) => ({
      names: transformersNames(MIXTURE_WITH_HEAD_NORMS, {
        router: 'model.layers.{}.mlp.gate',
        expertGate: 'model.layers.{}.mlp.experts.{expert}.gate_proj',
        expertUp: 'model.layers.{}.mlp.experts.{expert}.up_proj',
        expertDown: 'model.layers.{}.mlp.experts.{expert}.down_proj',
      }),
      experts: qwen3Experts(found).count,
      biases: found.read.flag('attention_bias', false) ? ATTENTION : [],
      spare: SPARE,
    }),
    switches(found) {
      const { read } = found;
      if (read.flag('use_sliding_window', false) && read.value('sliding_window') !== undefined)
        throw unsupported(found.model, 'has windows in blocks of experts');
      return { experts: qwen3Experts(found) };
    },
  },
});

/** The same as GGUF files name it. */
export const qwen3MoeInGguf = defineFamily('qwen3moe', {
  gguf: {
    uses: ['expert_count'],
    rotary: 'halves',
    feedForwardKey: 'expert_feed_forward_length',
    layout: (found) => ({
      names: ggufNames(MIXTURE_WITH_HEAD_NORMS),
      experts: expertsOf(found, GGUF_EXPERTS, true).count,
    }),
    switches: (found) => ({ experts: expertsOf(found, GGUF_EXPERTS, true) }),
  },
});
