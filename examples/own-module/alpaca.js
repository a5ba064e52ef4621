// A family of models: a Llama by another name, with biases of queries, keys and values, in safetensors and in GGUF.
import { defineFamily, ggufNames, LLAMA_PARTS, transformersNames } from '@halfspace/model';

const biases = ['query', 'key', 'value'];

export const alpaca = defineFamily('alpaca', {
  config: { layout: () => ({ names: transformersNames(LLAMA_PARTS), biases }) },
  gguf: { rotary: 'halves', layout: () => ({ names: ggufNames(LLAMA_PARTS), biases }) },
});
