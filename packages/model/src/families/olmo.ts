import type { Rotary } from '../compile/architecture.js';
import { rotaryFrequencies } from '../compile/rotary.js';
import { rotariesByKind } from './config-rotary.js';
import { defineFamily, type Described } from './define-family.js';
import { ATTENTION, biasesByConfig, SPARE } from './llama.js';
import { lastOf, wholeByKinds, wholeInGguf, windowIn } from './sliding.js';
import {
  ggufNames,
  LLAMA_PARTS,
  type NamedPart,
  POST_NORM_NAMES,
  POST_NORM_PARTS,
  transformersNames,
} from './tensor-names.js';

const NORMS: ReadonlySet<NamedPart> = new Set(['attentionNorm', 'mlpNorm', 'finalNorm'] as const);
/** OLMo 1 has norms, and no weights for them. */
const OLMO = LLAMA_PARTS.filter((part) => !NORMS.has(part));

function olmoSwitches({ clip }: { clip: number | undefined }) {
  return {
    norm: 'layer',
    bareNorms: ['attentionNorm', 'mlpNorm', 'finalNorm'],
    ...(clip !== undefined && { attention: { clip } }),
  } as const;
}

const clipOf = ({ read }: Described, key: string) => {
  const value = read.value(key);
  return value === undefined || value === 0 ? undefined : read.number(key);
};

/** OLMo 1. */
export const olmo = defineFamily('olmo', {
  config: {
    uses: ['clip_qkv', 'attention_bias'],
    epsilon: 1e-5,
    layout: ({ read }) => ({ names: transformersNames(OLMO), biases: biasesByConfig(read), spare: SPARE }),
    switches: (found) => olmoSwitches({ clip: clipOf(found, 'clip_qkv') }),
  },
  gguf: {
    uses: ['attention.clamp_kqv'],
    rotary: 'interleaved',
    layout: () => ({ names: ggufNames(OLMO) }),
    switches: (found) => olmoSwitches({ clip: clipOf(found, 'attention.clamp_kqv') }),
  },
});

const TOGETHER = { attention: { headNorms: 'together' } } as const;

const olmo2Layout = ({ read }: Described) => ({
  names: POST_NORM_NAMES,
  normsOfHeads: true,
  biases: read.flag('attention_bias', false) ? ATTENTION : [],
  spare: SPARE,
});

/** OLMo 2; OLMo 3, too, in GGUF files, with windows in three blocks of four. */
export const olmo2 = defineFamily('olmo2', {
  config: { uses: ['attention_bias'], layout: olmo2Layout, switches: () => TOGETHER },
  gguf: {
    rotary: 'halves',
    layout: () => ({ names: ggufNames(POST_NORM_PARTS), normsOfHeads: true }),
    switches(found) {
      const { read, sizes } = found;
      if ((read.value('attention.sliding_window') ?? 0) === 0) return TOGETHER;
      const base = read.number('rope.freq_base_swa', read.number('rope.freq_base', 10_000));
      const near: Rotary = {
        frequencies: rotaryFrequencies(sizes.headWidth, base),
        interleaved: false,
        scale: 1,
      };
      const tokens = read.size('attention.sliding_window');
      return { ...TOGETHER, ...windowIn(found, tokens, wholeInGguf(found, PERIOD), near) };
    },
  },
});

const PERIOD = 4;
const BASE = 500_000;

/** OLMo 3: windows in three blocks of four, and scaled positions in the others alone. */
export const olmo3 = defineFamily('olmo3', {
  config: {
    uses: ['attention_bias'],
    rotary: 'own',
    layout: olmo2Layout,
    switches(found) {
      const { model, read, sizes } = found;
      const { whole, near } = rotariesByKind(model, read, sizes.headWidth, {
        whole: { base: BASE },
        near: { baseKey: null, base: BASE },
      });
      const seesWhole = wholeByKinds(found) ?? lastOf(PERIOD);
      return {
        ...TOGETHER,
        rotary: whole,
        ...windowIn(found, read.size('sliding_window', 4096), seesWhole, near),
      };
    },
  },
});
