import { defineFamily, type Described } from './define-family.js';
import { SPARE } from './llama.js';
import { lastOf, type SeesWhole, wholeByKinds, wholeInGguf, windowIn } from './sliding.js';
import { ggufNames, POST_NORM_NAMES, POST_NORM_PARTS } from './tensor-names.js';

const PERIOD = 4;

/** Where some blocks have windows, the others do not turn their queries and keys. */
function windows(found: Described, tokens: number, seesWhole: SeesWhole) {
  const { layers } = found.sizes;
  const unturned = Array.from({ length: layers }, (_, layer) => layer).filter(seesWhole);
  return { unturned, ...windowIn(found, tokens, seesWhole) };
}

/** Which blocks see the whole text by a period, or by a text such as `LLLG`. */
function wholeByPattern({ read }: Described): SeesWhole {
  const pattern = read.value('sliding_window_pattern');
  if (typeof pattern !== 'string' || pattern === '')
    return lastOf(read.size('sliding_window_pattern', PERIOD));
  return (layer) => pattern[layer % pattern.length] !== 'L';
}

/** EXAONE 4. */
export const exaone4 = defineFamily('exaone4', {
  config: {
    layout: () => ({
      names: POST_NORM_NAMES,
      spare: SPARE,
    }),
    switches(found) {
      const { model, read } = found;
      if (model.metadata.get('sliding_window') === null) return {};
      const seesWhole = wholeByKinds(found) ?? wholeByPattern(found);
      return windows(found, read.size('sliding_window', 4096), seesWhole);
    },
  },
  gguf: {
    rotary: 'halves',
    factors: true,
    layout: () => ({ names: ggufNames(POST_NORM_PARTS) }),
    switches(found) {
      const { read } = found;
      if ((read.value('attention.sliding_window') ?? 0) === 0) return {};
      return windows(found, read.size('attention.sliding_window'), wholeInGguf(found, PERIOD));
    },
  },
});
