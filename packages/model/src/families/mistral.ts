import { defineFamily, type Described } from './define-family.js';
import { SPARE } from './llama.js';
import { wholeByKinds, windowIn } from './sliding.js';
import { LLAMA_PARTS, transformersNames } from './tensor-names.js';

/** The window of a model that is not said to have another; null is none. */
const WINDOW = 4096;

const layout = () => ({ names: transformersNames(LLAMA_PARTS), spare: SPARE });

function windowOf({ model, read }: Described): number | undefined {
  return model.metadata.get('sliding_window') === null ? undefined : read.size('sliding_window', WINDOW);
}

/** Mistral 7B, Nemo and what shares their architecture: a Llama whose blocks all have a window, or none. Llama in GGUF files. */
export const mistral = defineFamily('mistral', {
  config: {
    layout,
    switches(found) {
      const tokens = windowOf(found);
      return tokens === undefined ? {} : windowIn(found, tokens, () => false);
    },
  },
});

/** Ministral: a Mistral whose blocks may be of several kinds. */
export const ministral = defineFamily('ministral', {
  config: {
    layout,
    switches(found) {
      const tokens = windowOf(found);
      return tokens === undefined ? {} : windowIn(found, tokens, wholeByKinds(found) ?? (() => false));
    },
  },
});
