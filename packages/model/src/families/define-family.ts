import type { Activation, Architecture, Family, Rotary } from '../compile/architecture.js';
import { checkLayers } from '../compile/check-tensors.js';
import { metadataReader, type MetadataReader } from '../compile/metadata.js';
import {
  CONFIG_NEUTRAL,
  GGUF_NEUTRAL,
  type NeutralValues,
  refuseUnlessNeutral,
} from '../compile/neutral-keys.js';
import { describeValue } from '../describe-value.js';
import type { MetadataValue } from '../weight-tensor.js';
import type { ModelFile } from '../weights.js';
import { entryReader, rotaryByConfig, type RotaryDefaults } from './config-rotary.js';
import { ROTARY_FACTORS, rotaryByGguf } from './gguf-rotary.js';
import { listTensors, type Layout, type Sizes } from './tensor-list.js';
import { unsupported } from './unsupported.js';

/** How a model computes, besides its sizes and weights. */
export type Switches = Omit<Architecture, keyof Sizes | 'family' | 'weights'>;

/** What a Llama does: families say where they differ. */
const PLAIN = {
  norm: 'rms',
  normOffset: 0,
  bareNorms: [],
  embeddingScale: 1,
  residualScale: 1,
  parallel: false,
  activation: 'silu',
  logits: { scale: 1 },
  unturned: [],
} as const satisfies Partial<Switches>;

/** A model file whose family is known, with what was read of it. */
export interface Described {
  /** The file. */
  readonly model: ModelFile;
  /** Its metadata; of GGUF without the family's prefix. */
  readonly read: MetadataReader;
  /** Its sizes. */
  readonly sizes: Sizes;
  /** How all blocks turn queries and keys; the blocks of some families differ. */
  readonly rotary?: Rotary;
}

/** Where the tensors of a family are; whether the head is the embedding is found out where it is not said. */
export interface FamilyLayout extends Omit<Layout, 'tied'> {
  /** Whether the head is the embedding (default: as the file says, or where it has no other). */
  readonly tied?: boolean;
}

/** What a family does otherwise than a Llama. */
export interface FamilySwitches extends Partial<Omit<Switches, 'attention'>> {
  /** What its blocks do otherwise when they attend. */
  readonly attention?: Partial<Switches['attention']>;
}

/** How one format has the models of a family: what both tables of a family may say. */
export interface FamilyTable {
  /** Where the tensors are; what is left out is as in most models. */
  layout(found: Described): FamilyLayout;
  /** Where the model computes otherwise than a Llama; `attention` may be given in part. */
  switches?(found: Described): FamilySwitches;
  /** Keys that are refused in families that do not read them. */
  readonly uses?: readonly string[];
  /** Further keys that are refused unless they have one of these values. */
  readonly neutral?: NeutralValues;
}

/** Keys of config.json that have the sizes of a model. */
const SIZE_KEYS = {
  layers: 'num_hidden_layers',
  width: 'hidden_size',
  heads: 'num_attention_heads',
  keyValueHeads: 'num_key_value_heads',
  headWidth: 'head_dim',
  feedForward: 'intermediate_size',
  vocabulary: 'vocab_size',
  contextLength: 'max_position_embeddings',
} as const;

/** How config.json and the safetensors of transformers have the models of a family. */
export interface ConfigTable extends FamilyTable {
  /** Other keys of sizes than those of most families. */
  readonly sizeKeys?: Partial<Record<keyof Sizes, string>>;
  /** Hidden width of the MLP where the file does not say (default: it has to). */
  readonly feedForward?: (width: number) => number;
  /** Numbers of a head where the file does not say (default: the width shared by the heads). */
  readonly headWidth?: number;
  /** Whether the head is the embedding where the file does not say (default: where it has no other). */
  readonly tied?: boolean;
  /** How files name the activation of the MLP. */
  readonly activation?: {
    /** Its key (default `hidden_act`). */
    readonly key?: string;
    /** Its value where the file does not say (default `silu`). */
    readonly otherwise?: string;
    /** Another value that stands for that one in older files. */
    readonly legacy?: string;
  };
  /** The key of the epsilon of norms (default `rms_norm_eps`). */
  readonly epsilonKey?: string;
  /** The epsilon of norms in a family whose files do not say. */
  readonly epsilon?: number;
  /** Where the text model is described, in the files of a model that reads more than text (default: the whole file is about it). */
  readonly within?: {
    /** The key of the entry that is about the text model. */
    readonly key: string;
    /** What holds where that entry does not say. */
    readonly defaults: Readonly<Record<string, MetadataValue>>;
  };
  /** How positions turn queries and keys; `none` where they do not (default: as in Llama). */
  readonly rotary?: RotaryDefaults | 'none' | 'own';
}

/** How GGUF files have the models of a family. */
export interface GgufTable extends FamilyTable {
  /** Whether the pairs that are turned lie side by side, as llama.cpp has it for this family; `none` where nothing is turned. */
  readonly rotary: 'interleaved' | 'halves' | 'none';
  /** The activation, which GGUF files do not name (default `silu`). */
  readonly activation?: Activation;
  /** `rope.freq_base` where the file does not say (default 10,000). */
  readonly base?: number;
  /** `attention.key_length` where the file does not say (default: the width shared by the heads). */
  readonly headWidth?: number;
  /** The key of the hidden width of the MLP (default `feed_forward_length`). */
  readonly feedForwardKey?: string;
  /** Whether files may have numbers that frequencies are divided by, as tensors (default false). */
  readonly factors?: boolean;
  /** Whether a part of a head may be turned (default false). */
  readonly turnsPart?: boolean;
}

/** Names that config.json has for activations. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  silu: 'silu',
  swish: 'silu',
  gelu: 'gelu',
  gelu_python: 'gelu',
  gelu_new: 'gelu-tanh',
  gelu_fast: 'gelu-tanh',
  gelu_pytorch_tanh: 'gelu-tanh',
  gelu_python_tanh: 'gelu-tanh',
  quick_gelu: 'quick-gelu',
  relu: 'relu',
};

function activationOf(model: ModelFile, read: MetadataReader, { activation }: ConfigTable): Activation {
  const { key = 'hidden_act', otherwise = 'silu', legacy } = activation ?? {};
  const given = read.value(key) ?? otherwise;
  const name = given === legacy ? otherwise : given;
  const found = typeof name === 'string' && Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name] : undefined;
  if (found === undefined) throw unsupported(model, `has the activation ${describeValue(name)}`);
  return found;
}

function configSizes(read: MetadataReader, { sizeKeys, headWidth, feedForward }: ConfigTable): Sizes {
  const key = { ...SIZE_KEYS, ...sizeKeys };
  const width = read.size(key.width);
  const heads = read.size(key.heads);
  return {
    layers: read.size(key.layers),
    width,
    heads,
    keyValueHeads: read.size(key.keyValueHeads, heads),
    headWidth: read.size(key.headWidth, headWidth ?? width / heads),
    feedForward: read.size(key.feedForward, feedForward?.(width)),
    vocabulary: read.size(key.vocabulary),
    contextLength: read.size(key.contextLength),
  };
}

function ggufSizes(
  { tensors }: ModelFile,
  read: MetadataReader,
  { headWidth, feedForwardKey = 'feed_forward_length' }: GgufTable,
): Sizes {
  const width = read.size('embedding_length');
  const heads = read.size('attention.head_count');
  const shared = headWidth ?? width / heads;
  return {
    layers: read.size('block_count'),
    width,
    heads,
    keyValueHeads: read.size('attention.head_count_kv', heads),
    headWidth: read.size('attention.key_length', shared),
    feedForward: read.size(feedForwardKey),
    vocabulary: tensors.get('token_embd.weight')?.shape[0] ?? read.size('vocab_size'),
    contextLength: read.size('context_length'),
  };
}

function assemble(
  family: string,
  found: Described,
  table: Pick<FamilyTable, 'switches'>,
  own: Pick<Switches, 'activation' | 'normEpsilon'>,
  layout: Layout,
): Architecture {
  const { sizes, rotary } = found;
  const { attention, ...switches } = table.switches?.(found) ?? {};
  return {
    family,
    ...sizes,
    ...PLAIN,
    ...own,
    ...(rotary !== undefined && { rotary }),
    ...switches,
    attention: { scale: sizes.headWidth ** -0.5, headNorms: 'each', normsTurned: false, ...attention },
    weights: listTensors(sizes, layout),
  };
}

/** A model with the part of its config.json that is about text. */
function textModel(model: ModelFile, table: ConfigTable): ModelFile {
  const { within, neutral, uses } = table;
  if (within === undefined) return model;
  const outer = metadataReader(model);
  refuseUnlessNeutral(model, outer, { ...CONFIG_NEUTRAL, ...neutral }, uses);
  const entry = entryReader(model, outer, within.key);
  // Which head the model has is said outside of that entry.
  const tied = outer.value('tie_word_embeddings') ?? table.tied;
  // Method by method, because a file that was opened is more than its fields.
  return {
    ...model,
    metadata: new Map([
      ...Object.entries(within.defaults),
      ...(entry?.entries() ?? []),
      ...(tied === undefined ? [] : [['tie_word_embeddings', tied] as const]),
    ]),
    readF32: async (name) => model.readF32(name),
    close: async () => model.close(),
  };
}

async function fromConfig(family: string, whole: ModelFile, table: ConfigTable): Promise<Architecture> {
  const model = textModel(whole, table);
  const read = metadataReader(model);
  const turnsPart = typeof table.rotary === 'object' && table.rotary.part !== undefined;
  const uses = [...(table.uses ?? []), ...(turnsPart ? ['partial_rotary_factor'] : [])];
  refuseUnlessNeutral(model, read, { ...CONFIG_NEUTRAL, ...table.neutral }, uses);
  const given = configSizes(read, table);
  checkLayers(model, given.layers);
  const scaled =
    table.rotary === 'none' || table.rotary === 'own'
      ? undefined
      : rotaryByConfig(model, read, given.headWidth, table.rotary ?? {});
  const sizes = { ...given, contextLength: scaled?.contextLength ?? given.contextLength };
  const found = { model, read, sizes, ...(scaled !== undefined && { rotary: scaled.rotary }) };
  const own = {
    activation: activationOf(model, read, table),
    normEpsilon: table.epsilon ?? read.number(table.epsilonKey ?? 'rms_norm_eps'),
  };
  const layout = table.layout(found);
  const head = `${layout.names.head}.weight`;
  const tied = (read.value('tie_word_embeddings') ?? table.tied) === true || !model.tensors.has(head);
  return assemble(family, found, table, own, { tied, ...layout });
}

/** Refuses what GGUF can say of attention and the graphs do not do. */
function checkGgufAttention(
  model: ModelFile,
  read: MetadataReader,
  { headWidth }: Sizes,
  { uses = [], neutral, turnsPart = false }: GgufTable,
): void {
  refuseUnlessNeutral(model, read, { ...GGUF_NEUTRAL, ...neutral }, uses);
  const same = ['attention.value_length', ...(turnsPart ? [] : ['rope.dimension_count'])];
  for (const key of same)
    if (read.size(key, headWidth) !== headWidth)
      throw unsupported(model, `has ${key} ${describeValue(read.value(key))} with heads ${headWidth} wide`);
  if (uses.includes('attention.scale')) return;
  const scale = read.value('attention.scale') ?? 0;
  // Files have it in float32.
  if (scale !== 0 && Math.abs(read.number('attention.scale') * headWidth ** 0.5 - 1) > 1e-5)
    throw unsupported(model, `scales its queries by ${describeValue(scale)}`);
}

async function fromGguf(family: string, model: ModelFile, table: GgufTable): Promise<Architecture> {
  const read = metadataReader(model, `${family}.`);
  const given = ggufSizes(model, read, table);
  checkLayers(model, given.layers);
  checkGgufAttention(model, read, given, table);
  const scaled =
    table.rotary === 'none'
      ? undefined
      : await rotaryByGguf(model, read, read.size('rope.dimension_count', given.headWidth), {
          ...(table.base !== undefined && { base: table.base }),
          interleaved: table.rotary === 'interleaved',
          factors: table.factors ?? false,
        });
  const sizes = { ...given, contextLength: scaled?.contextLength ?? given.contextLength };
  const found = { model, read, sizes, ...(scaled !== undefined && { rotary: scaled.rotary }) };
  const norm = table.switches?.(found).norm ?? 'rms';
  const epsilon = norm === 'rms' ? 'attention.layer_norm_rms_epsilon' : 'attention.layer_norm_epsilon';
  const own = { activation: table.activation ?? 'silu', normEpsilon: read.number(epsilon) };
  const layout = {
    tied: !model.tensors.has('output.weight'),
    ...(table.factors === true && { spare: ROTARY_FACTORS }),
    ...table.layout(found),
  };
  return assemble(family, found, table, own, layout);
}

/**
 * A family from its tables: one for the safetensors of transformers, where a family of the name exists there, and one for
 * GGUF, where llama.cpp has it under the name.
 *
 * @param name - `model_type` in config.json, `general.architecture` in GGUF.
 * @returns What a module binds at `MODEL_FAMILY`. Its `describe` throws `unsupported-model` and `corrupt-model`.
 */
export function defineFamily(name: string, tables: { config?: ConfigTable; gguf?: GgufTable }): Family {
  const { config, gguf } = tables;
  return {
    name,
    async describe(model) {
      if (model.format === 'gguf') {
        if (gguf !== undefined) return fromGguf(name, model, gguf);
        throw unsupported(model, `is of the family ${name} in a GGUF file`);
      }
      if (config !== undefined) return fromConfig(name, model, config);
      throw unsupported(model, `is of the family ${name} in safetensors`);
    },
  };
}
