import { defineFamily, type Described } from './define-family.js';
import { ATTENTION, SPARE } from './llama.js';
import { lastOf, type SeesWhole, wholeByKinds, wholeInGguf, windowIn } from './sliding.js';
import { ggufNames, LLAMA_PARTS, transformersNames } from './tensor-names.js';
import { unsupported } from './unsupported.js';

/** One norm before attention and the MLP. */
const COHERE = LLAMA_PARTS.filter((part) => part !== 'mlpNorm');
const PARALLEL = { norm: 'layer', parallel: true } as const;
/** In Command-R7B every fourth block sees the whole text, and does not turn its queries and keys. */
const PERIOD = 4;

const layout = ({ read }: Described) => ({
  names: transformersNames(COHERE),
  biases: read.flag('attention_bias', false) ? ATTENTION : [],
  spare: SPARE,
});

const config = {
  uses: ['attention_bias', 'logit_scale'],
  epsilonKey: 'layer_norm_eps',
  tied: true,
  layout,
} as const;
const gguf = {
  uses: ['logit_scale'],
  rotary: 'interleaved',
  layout: () => ({ names: ggufNames(COHERE) }),
} as const;

const scaled = ({ read }: Described, otherwise: number) => ({
  ...PARALLEL,
  logits: { scale: (read.value('logit_scale') ?? 0) === 0 ? otherwise : read.number('logit_scale') },
});

/** Command-R and Aya. */
export const cohere = defineFamily('cohere', {
  config: {
    ...config,
    rotary: { base: 500_000, interleaved: true },
    switches: (found) => scaled(found, 0.0625),
  },
});

/** The same as GGUF files name it. */
export const commandR = defineFamily('command-r', {
  gguf: { ...gguf, switches: (found) => scaled(found, 1) },
});

function windows(found: Described, tokens: number, seesWhole: SeesWhole) {
  const { layers } = found.sizes;
  const unturned = Array.from({ length: layers }, (_, layer) => layer).filter(seesWhole);
  return { unturned, ...windowIn(found, tokens, seesWhole) };
}

/** Command-R7B and Command-A. */
export const cohere2 = defineFamily('cohere2', {
  config: {
    ...config,
    neutral: { rotary_pct: [1] },
    rotary: { interleaved: true },
    switches(found) {
      const { model, read } = found;
      if (read.value('sliding_window') === undefined && model.metadata.has('sliding_window'))
        throw unsupported(model, 'has no sliding window');
      const seesWhole = wholeByKinds(found) ?? lastOf(read.size('sliding_window_pattern', PERIOD));
      return { ...scaled(found, 0.0625), ...windows(found, read.size('sliding_window', 4096), seesWhole) };
    },
  },
  gguf: {
    ...gguf,
    switches(found) {
      const tokens = found.read.size('attention.sliding_window');
      return { ...scaled(found, 1), ...windows(found, tokens, wholeInGguf(found, PERIOD)) };
    },
  },
});
