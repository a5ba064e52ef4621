import type { Rotary } from '../compile/architecture.js';
import type { MetadataReader } from '../compile/metadata.js';
import { rotaryFrequencies } from '../compile/rotary.js';
import type { ModelFile } from '../weights.js';
import { rotariesByKind } from './config-rotary.js';
import { type ConfigTable, defineFamily, type Described } from './define-family.js';
import { SPARE } from './llama.js';
import { lastOf, type SeesWhole, wholeByKinds, wholeInGguf, windowIn } from './sliding.js';
import { ggufNames, LLAMA_PARTS, transformersNames, type TensorNames } from './tensor-names.js';
import { unsupported } from './unsupported.js';

/** Gemma 2 and 3 have norms around attention and the MLP. */
const AROUND = [...LLAMA_PARTS, 'attentionOutputNorm', 'mlpOutputNorm'] as const;
const WITH_HEAD_NORMS = [...AROUND, 'queryNorm', 'keyNorm'] as const;
const AROUND_NAMES: TensorNames = {
  attentionOutputNorm: 'model.layers.{}.post_attention_layernorm',
  mlpNorm: 'model.layers.{}.pre_feedforward_layernorm',
  mlpOutputNorm: 'model.layers.{}.post_feedforward_layernorm',
};

/** Rows of the embedding are scaled; transformers keeps how far the weights of norms are from 1, GGUF files have them whole. */
const scaled = ({ sizes }: Described) => ({ embeddingScale: Math.sqrt(sizes.width) });
const shifted = (found: Described) => ({ ...scaled(found), normOffset: 1 });

/** Numbers of a head that is not said to have another width. */
const HEAD_WIDTH = 256;

/** Gemma 1. */
export const gemma = defineFamily('gemma', {
  config: {
    // Releases name GELU, and mean its approximation.
    activation: { otherwise: 'gelu_pytorch_tanh', legacy: 'gelu' },
    headWidth: HEAD_WIDTH,
    tied: true,
    layout: () => ({ names: transformersNames(LLAMA_PARTS), spare: SPARE }),
    switches: shifted,
  },
  gguf: {
    rotary: 'halves',
    activation: 'gelu-tanh',
    headWidth: HEAD_WIDTH,
    layout: () => ({ names: ggufNames(LLAMA_PARTS) }),
    switches: scaled,
  },
});

/** A number that caps what it is given for, if it is. */
function capOf(read: MetadataReader, key: string, otherwise?: number): { softCap?: number } {
  const value = read.value(key);
  if (value === 0 || value === false) return {};
  if (value === undefined) return otherwise === undefined ? {} : { softCap: otherwise };
  return { softCap: read.number(key) };
}

const CAPS = ['attn_logit_softcapping', 'final_logit_softcapping'] as const;
/** In Gemma 2 every second block sees the whole text. */
const PERIOD_2 = 2;
/** The sizes whose queries are scaled by another number than the width of a head; GGUF files do not say so. */
const LAYERS_OF_27B = { gemma2: 46, gemma3: 62 } as const;

/** What scores are multiplied by in GGUF files: llama.cpp, too, goes by the number of blocks. */
function ggufScale({ layers, width, heads, headWidth }: Described['sizes'], layersOf27B: number) {
  return { scale: (layers === layersOf27B ? width / heads : headWidth) ** -0.5 };
}

/** Gemma 2. */
export const gemma2 = defineFamily('gemma2', {
  config: {
    uses: CAPS,
    activation: { key: 'hidden_activation', otherwise: 'gelu_pytorch_tanh' },
    headWidth: HEAD_WIDTH,
    tied: true,
    layout: () => ({ names: transformersNames(AROUND, AROUND_NAMES), spare: SPARE }),
    switches(found) {
      const { read } = found;
      const seesWhole = wholeByKinds(found) ?? lastOf(PERIOD_2);
      // A cap of null is no cap, and one that is left out is the family's.
      const cap = (key: string, otherwise: number) =>
        found.model.metadata.get(key) === null ? {} : capOf(read, key, otherwise);
      return {
        ...shifted(found),
        ...windowIn(found, read.size('sliding_window', 4096), seesWhole),
        attention: {
          scale: read.number('query_pre_attn_scalar', 256) ** -0.5,
          ...cap('attn_logit_softcapping', 50),
        },
        logits: { scale: 1, ...cap('final_logit_softcapping', 30) },
      };
    },
  },
  gguf: {
    uses: CAPS,
    rotary: 'halves',
    activation: 'gelu-tanh',
    layout: () => ({ names: ggufNames(AROUND) }),
    switches(found) {
      const { read, sizes } = found;
      return {
        ...scaled(found),
        ...windowIn(found, read.size('attention.sliding_window', 4096), wholeInGguf(found, PERIOD_2)),
        attention: {
          ...ggufScale(sizes, LAYERS_OF_27B.gemma2),
          ...capOf(read, 'attn_logit_softcapping', 50),
        },
        logits: { scale: 1, ...capOf(read, 'final_logit_softcapping', 30) },
      };
    },
  },
});

/** In Gemma 3 every sixth block sees the whole text; older files do not say so. */
const PERIOD_3 = 6;
const BASE = 1_000_000;
/** Base of the rotary positions of blocks with a window; GGUF files do not say so. */
const WINDOW_BASE = 10_000;

const ROTARY = {
  whole: { base: BASE },
  near: { baseKey: 'rope_local_base_freq', base: WINDOW_BASE },
} as const;

/** Which blocks see the whole text: newer files give the kind of each, older ones a period. */
function wholeByPeriod({ model, read }: Described): SeesWhole {
  const period = read.size('sliding_window_pattern', PERIOD_3);
  // How some versions wrote it down, beside the kinds; alone, transformers does not read it.
  const alone = read.value('sliding_window_pattern') === undefined;
  if (alone && read.size('_sliding_window_pattern', PERIOD_3) !== PERIOD_3)
    throw unsupported(model, 'has a _sliding_window_pattern without layer_types');
  return lastOf(period);
}

const GEMMA3_NAMES = transformersNames(WITH_HEAD_NORMS, AROUND_NAMES);

const gemma3Config: ConfigTable = {
  activation: { key: 'hidden_activation', otherwise: 'gelu_pytorch_tanh' },
  rotary: 'own',
  headWidth: HEAD_WIDTH,
  tied: true,
  layout: () => ({ names: GEMMA3_NAMES, spare: SPARE }),
  switches(found) {
    const { model, read, sizes } = found;
    const { whole, near } = rotariesByKind(model, read, sizes.headWidth, ROTARY);
    const seesWhole = wholeByKinds(found) ?? wholeByPeriod(found);
    return {
      ...shifted(found),
      rotary: whole,
      ...windowIn(found, read.size('sliding_window', 4096), seesWhole, near),
      attention: { scale: read.number('query_pre_attn_scalar', 256) ** -0.5 },
    };
  },
};

/** Gemma 3 as Hugging Face transformers names the text model. */
export const gemma3Text = defineFamily('gemma3_text', { config: gemma3Config });

/** Where the tensors of the text model are in files of a model that reads images, too. */
const PREFIXES = ['model.language_model.', 'language_model.model.'] as const;
/** The tensors of that model that have nothing to do with text. */
const IMAGES = /^(model\.)?(vision_tower|multi_modal_projector)\.|^(language_model\.)?lm_head\.weight$/;

/** Where the head is there, if it is not the embedding. */
const HEADS = ['lm_head', 'language_model.lm_head'] as const;

function withPrefix(names: TensorNames, { tensors }: ModelFile): TensorNames {
  const prefix = PREFIXES.find((each) => tensors.has(`${each}embed_tokens.weight`)) ?? PREFIXES[0];
  const placed = Object.entries(names).map(([part, name]) => [part, name.replace(/^model\./, prefix)]);
  const head = HEADS.find((each) => tensors.has(`${each}.weight`)) ?? HEADS[0];
  return { ...(Object.fromEntries(placed) as TensorNames), head };
}

/** What config.json leaves out where it is as in transformers. */
const GEMMA3_DEFAULTS = {
  vocab_size: 262_208,
  hidden_size: 2304,
  intermediate_size: 9216,
  num_hidden_layers: 26,
  num_attention_heads: 8,
  num_key_value_heads: 4,
  max_position_embeddings: 131_072,
  rms_norm_eps: 1e-6,
} as const;

/** Gemma 3 as GGUF files name it; in safetensors the text part of a model that reads images, too. */
export const gemma3 = defineFamily('gemma3', {
  config: {
    ...gemma3Config,
    within: { key: 'text_config', defaults: GEMMA3_DEFAULTS },
    layout: ({ model }) => ({ names: withPrefix(GEMMA3_NAMES, model), spare: IMAGES }),
  },
  gguf: {
    rotary: 'halves',
    activation: 'gelu-tanh',
    base: BASE,
    headWidth: HEAD_WIDTH,
    layout: () => ({ names: ggufNames(WITH_HEAD_NORMS) }),
    switches(found) {
      const { read, sizes } = found;
      const near: Rotary = {
        frequencies: rotaryFrequencies(sizes.headWidth, read.number('rope.freq_base_swa', WINDOW_BASE)),
        interleaved: false,
        scale: 1,
      };
      return {
        ...scaled(found),
        ...windowIn(found, read.size('attention.sliding_window'), wholeInGguf(found, PERIOD_3), near),
        attention: ggufScale(sizes, LAYERS_OF_27B.gemma3),
      };
    },
  },
});
