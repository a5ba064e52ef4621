import { biasesByConfig, SPARE } from './llama.js';
import { defineFamily, type Described } from './define-family.js';
import { wholeByKinds, windowIn } from './sliding.js';
import { ggufNames, LLAMA_PARTS, transformersNames } from './tensor-names.js';

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
