import type { ModelFile } from '../weights.js';
import { defineFamily, type Described } from './define-family.js';
import { SPARE } from './llama.js';
import { windowIn } from './sliding.js';
import { ggufNames, LLAMA_PARTS, type NamedPart, transformersNames } from './tensor-names.js';

const PHI = LLAMA_PARTS.filter((part) => part !== 'mlpNorm' && part !== 'gate');
const PHI_BIASES = PHI.filter((part) => part !== 'embedding');

/** GGUF files may have queries, keys and values in one tensor. */
const isFused = ({ tensors }: ModelFile) => tensors.has('blk.0.attn_qkv.weight');

function fused(parts: readonly NamedPart[]): NamedPart[] {
  return parts.flatMap((part) => {
    if (part === 'query') return ['queryKeyValue'];
    return part === 'key' || part === 'value' ? [] : [part];
  });
}

const PHI_SWITCHES = { norm: 'layer', parallel: true } as const;

const PHI_NAMES = transformersNames(PHI, {
  finalNorm: 'model.final_layernorm',
  attentionOutput: 'model.layers.{}.self_attn.dense',
  up: 'model.layers.{}.mlp.fc1',
  down: 'model.layers.{}.mlp.fc2',
});

/** Phi 1, 1.5 and 2: LayerNorm, attention and MLP side by side after one norm, a part of a head turned, biases everywhere. */
export const phi = defineFamily('phi', {
  config: {
    neutral: { qk_layernorm: [false] },
    activation: { otherwise: 'gelu_new' },
    epsilonKey: 'layer_norm_eps',
    rotary: { part: 0.5 },
    layout: () => ({ names: PHI_NAMES, biases: PHI_BIASES, spare: SPARE }),
    switches: () => PHI_SWITCHES,
  },
});

/** Phi 1, 1.5 and 2 as GGUF files name them. */
export const phi2 = defineFamily('phi2', {
  gguf: {
    rotary: 'halves',
    turnsPart: true,
    activation: 'gelu-tanh',
    layout: ({ model }) => {
      const parts = isFused(model) ? fused(PHI) : PHI;
      return { names: ggufNames(parts), biases: parts.filter((part) => part !== 'embedding') };
    },
    switches: () => PHI_SWITCHES,
  },
});

const PHI3 = [
  'embedding',
  'finalNorm',
  'head',
  'attentionNorm',
  'queryKeyValue',
  'attentionOutput',
  'mlpNorm',
  'gateUp',
  'down',
] as const satisfies readonly NamedPart[];

function windowOf(found: Described) {
  const { read } = found;
  return read.value('sliding_window') === undefined
    ? {}
    : windowIn(found, read.size('sliding_window'), () => false);
}

/** Phi 3, 3.5, 4 and 4-mini: a Llama with queries, keys and values in one tensor, and gate and up in another. */
export const phi3 = defineFamily('phi3', {
  config: {
    // With YaRN transformers means LongRoPE here.
    rotary: { part: 1, originalContext: 4096, yarnIsLongRope: true },
    layout: () => ({ names: transformersNames(PHI3), spare: SPARE }),
    switches: windowOf,
  },
  gguf: {
    uses: ['rope.scaling.attn_factor'],
    rotary: 'halves',
    turnsPart: true,
    factors: true,
    // llama.cpp, too, does without the window that files name.
    layout: () => ({ names: ggufNames(PHI3) }),
  },
});
