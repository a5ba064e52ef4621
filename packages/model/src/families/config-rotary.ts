import { HalfspaceError } from '@halfspace/core';
import type { Rotary } from '../compile/architecture.js';
import { contradiction } from '../compile/check-tensors.js';
import { metadataReader, type MetadataReader } from '../compile/metadata.js';
import { refuseUnlessNeutral } from '../compile/neutral-keys.js';
import { rotaryFrequencies } from '../compile/rotary.js';
import { longRopeMagnitude, scaleLlama3, scaleYarn, yarnMagnitude } from '../compile/rotary-scaling.js';
import { describeValue } from '../describe-value.js';
import { isJsonObject } from '../json-object.js';
import type { ModelFile } from '../weights.js';
import { unsupported } from './unsupported.js';

/** How a family turns queries and keys, as far as config.json does not say. */
export interface RotaryDefaults {
  /** The key of the base beside the entries (default `rope_theta`); null where there is none. */
  readonly baseKey?: string | null;
  /** The base where the file does not say (default 10,000). */
  readonly base?: number;
  /** The share of a head that is turned where the file does not say; absent in families that turn all of it. */
  readonly part?: number;
  /** The key of that share beside the entries (default `partial_rotary_factor`). */
  readonly partKey?: string;
  /** `original_max_position_embeddings` where the file does not say (default: what the scaling takes for it). */
  readonly originalContext?: number;
  /** Whether the family means LongRoPE where its files say YaRN (default false). */
  readonly yarnIsLongRope?: boolean;
  /** Whether pairs lie side by side (default false). */
  readonly interleaved?: boolean;
}

/** How a model turns queries and keys, and how many tokens that holds for. */
export interface ScaledRotary {
  readonly rotary: Rotary;
  /** Most positions for which the frequencies stay as they are. */
  readonly contextLength: number;
}

/** An object of config.json as metadata, to be read like the rest; undefined where it says nothing. */
export function entryReader(
  model: Pick<ModelFile, 'name'>,
  read: MetadataReader,
  key: string,
): MetadataReader | undefined {
  const entry = read.value(key);
  if (entry === undefined) return undefined;
  if (!isJsonObject(entry)) {
    throw new HalfspaceError(
      'corrupt-model',
      `The config.json of ${model.name} gives ${key} as ${describeValue(entry)}. Fetch it again.`,
    );
  }
  const metadata = new Map(Object.entries(entry));
  return metadata.size === 0 ? undefined : metadataReader({ name: model.name, metadata });
}

function factorsOf(
  model: Pick<ModelFile, 'name'>,
  rope: MetadataReader,
  key: string,
  pairs: number,
): number[] {
  const found = rope.value(key);
  const positive = (value: unknown): value is number => typeof value === 'number' && value > 0;
  if (Array.isArray(found) && found.length === pairs && found.every(positive)) return found;
  throw contradiction(
    model.name,
    `its ${key} is ${describeValue(found)} where ${pairs} positive numbers belong`,
  );
}

/** Frequencies that depend on nothing but the pair, and what the entry of config.json makes of them. */
export interface Unscaled {
  readonly frequencies: Float64Array;
  readonly base: number;
  /** `max_position_embeddings`. */
  readonly contextLength: number;
  /** `original_max_position_embeddings` where it stands beside the entry. */
  readonly originalContext?: number;
}

/**
 * Applies the `rope_scaling` (or `rope_parameters`) entry of a config.json. Where the frequencies change with the length of
 * the text, dynamic scaling and LongRoPE, they are those of the length that the model was trained at, and the model takes no
 * more tokens than that.
 *
 * @throws HalfspaceError `corrupt-model`; `unsupported-model` for a scaling that nothing here knows
 */
export function scaleByConfig(
  model: Pick<ModelFile, 'name'>,
  unscaled: Unscaled,
  read: MetadataReader,
  yarnIsLongRope = false,
): { frequencies: Float64Array; scale: number; contextLength: number } {
  const { frequencies, base, contextLength } = unscaled;
  const given = read.value('rope_type') ?? read.value('type') ?? 'default';
  const kind = yarnIsLongRope && given === 'yarn' ? 'longrope' : given;
  const original = () =>
    unscaled.originalContext ?? read.number('original_max_position_embeddings', contextLength);
  const plain = { frequencies, scale: 1, contextLength };
  const optional = (key: string) => (read.value(key) === undefined ? undefined : read.number(key));
  switch (kind) {
    case 'default':
      return plain;
    case 'linear': {
      const factor = read.number('factor');
      return { ...plain, frequencies: frequencies.map((frequency) => frequency / factor) };
    }
    case 'dynamic':
      read.number('factor');
      return plain;
    case 'llama3':
      return {
        ...plain,
        frequencies: scaleLlama3(frequencies, {
          factor: read.number('factor'),
          lowFrequencyFactor: read.number('low_freq_factor'),
          highFrequencyFactor: read.number('high_freq_factor'),
          originalContext: read.number('original_max_position_embeddings'),
        }),
      };
    case 'yarn': {
      const factor = read.number('factor', contextLength / original());
      const [mscale, all] = [optional('mscale'), optional('mscale_all_dim')];
      const magnitude =
        mscale === undefined || all === undefined
          ? yarnMagnitude(factor)
          : yarnMagnitude(factor, mscale) / yarnMagnitude(factor, all);
      const scaled = scaleYarn(frequencies, {
        factor,
        base,
        originalContext: original(),
        betaFast: read.number('beta_fast', 32),
        betaSlow: read.number('beta_slow', 1),
        truncate: read.flag('truncate', true),
      });
      return { ...plain, frequencies: scaled, scale: read.number('attention_factor', magnitude) };
    }
    case 'longrope':
    case 'su': {
      const factor = read.number('factor', contextLength / original());
      const short = factorsOf(model, read, 'short_factor', frequencies.length);
      factorsOf(model, read, 'long_factor', frequencies.length);
      const scale = read.number('attention_factor', longRopeMagnitude(factor, original()));
      const slowed = frequencies.map((frequency, pair) => frequency / (short[pair] ?? 1));
      return { frequencies: slowed, scale, contextLength: Math.min(contextLength, original()) };
    }
    default:
      throw new HalfspaceError(
        'unsupported-model',
        `The model scales its rotary positions by ${describeValue(kind)}, which Halfspace does not know. Known: default, linear, dynamic, llama3, yarn, longrope.`,
      );
  }
}

/**
 * Rotary positions by one entry of config.json, which may say nothing.
 *
 * @throws HalfspaceError `corrupt-model`, `unsupported-model`
 */
export function rotaryFromEntry(
  model: Pick<ModelFile, 'name'>,
  read: MetadataReader,
  rope: MetadataReader | undefined,
  headWidth: number,
  defaults: RotaryDefaults,
): ScaledRotary {
  const { baseKey = 'rope_theta', base: fallback = 10_000, interleaved = false } = defaults;
  const { part, partKey = 'partial_rotary_factor' } = defaults;
  const beside = baseKey === null ? fallback : read.number(baseKey, fallback);
  const base = rope?.number('rope_theta', beside) ?? beside;
  if (part === undefined && rope !== undefined)
    refuseUnlessNeutral(model, rope, { partial_rotary_factor: [1] });
  const share = part === undefined ? 1 : read.number(partKey, part);
  const own = part === undefined ? 1 : (rope?.number('partial_rotary_factor', share) ?? share);
  const width = Math.trunc(headWidth * own);
  if (width % 2 !== 0) throw unsupported(model, `turns ${width} numbers of a head`);
  const original = read.value('original_max_position_embeddings') ?? defaults.originalContext;
  const unscaled: Unscaled = {
    frequencies: rotaryFrequencies(width, base),
    base,
    contextLength: read.size('max_position_embeddings'),
    ...(original !== undefined && {
      originalContext: read.size('original_max_position_embeddings', defaults.originalContext),
    }),
  };
  const { frequencies, scale, contextLength } = scaleByConfig(
    model,
    unscaled,
    rope ?? metadataReader({ name: model.name, metadata: new Map() }),
    defaults.yarnIsLongRope,
  );
  return { rotary: { frequencies, interleaved, scale }, contextLength };
}

function isSame(one: ScaledRotary, other: ScaledRotary): boolean {
  const [a, b] = [one.rotary, other.rotary];
  if (one.contextLength !== other.contextLength || a.scale !== b.scale) return false;
  if (a.frequencies.length !== b.frequencies.length) return false;
  return a.frequencies.every((frequency, pair) => frequency === b.frequencies[pair]);
}

const ROPE_KEYS = ['rope_scaling', 'rope_parameters'] as const;

/**
 * Rotary positions by config.json: older versions keep the base beside the entry about their scaling, newer ones in it.
 *
 * @throws HalfspaceError `corrupt-model`, `unsupported-model`
 */
export function rotaryByConfig(
  model: Pick<ModelFile, 'name'>,
  read: MetadataReader,
  headWidth: number,
  defaults: RotaryDefaults,
): ScaledRotary {
  const given = ROPE_KEYS.flatMap((key) => {
    const rope = entryReader(model, read, key);
    if (rope === undefined) return [];
    // Of models whose layers are of several kinds.
    if (Object.values(read.value(key) ?? {}).some(isJsonObject))
      throw unsupported(model, 'has rotary positions of several kinds');
    return [rotaryFromEntry(model, read, rope, headWidth, defaults)];
  });
  const [found = rotaryFromEntry(model, read, undefined, headWidth, defaults), other = found] = given;
  if (!isSame(found, other)) throw contradiction(model.name, 'rope_scaling and rope_parameters differ');
  return found;
}

/** @throws HalfspaceError `unsupported-model` where an entry for all kinds of block asks for more than the base */
function refuseOneForAll(model: Pick<ModelFile, 'name'>, rope: MetadataReader, base: number): void {
  refuseUnlessNeutral(model, rope, {
    rope_type: ['default'],
    type: ['default'],
    partial_rotary_factor: [1],
  });
  if (rope.number('rope_theta', base) !== base)
    throw unsupported(model, 'has one base for all rotary positions');
}

/** An entry with what another says besides. */
function merged(
  model: Pick<ModelFile, 'name'>,
  entry: MetadataReader | undefined,
  other: MetadataReader | undefined,
): MetadataReader | undefined {
  if (entry === undefined || other === undefined) return other ?? entry;
  return metadataReader({ name: model.name, metadata: new Map([...entry.entries(), ...other.entries()]) });
}

/**
 * Rotary positions of the blocks that see the whole text and of those with a window, of a family whose config.json has an
 * entry for each kind in `rope_parameters`. Older files have the scaling of the first kind in `rope_scaling`, and its base
 * beside.
 *
 * @param defaults - Of both kinds, as far as the file does not say.
 * @throws HalfspaceError `corrupt-model`, `unsupported-model`
 */
export function rotariesByKind(
  model: Pick<ModelFile, 'name'>,
  read: MetadataReader,
  headWidth: number,
  defaults: { whole: RotaryDefaults; near: RotaryDefaults },
): { whole: Rotary; near: Rotary } {
  const given = entryReader(model, read, 'rope_parameters');
  const entryOf = (kind: string) => given && entryReader(model, given, kind);
  const whole = entryOf('full_attention');
  const beside = read.number('rope_theta', defaults.whole.base);
  // One entry for all blocks is of other families: transformers goes by the kinds alone, or adds it to those.
  if (given !== undefined) refuseOneForAll(model, given, whole?.number('rope_theta', beside) ?? beside);
  const entry = merged(model, whole, entryReader(model, read, 'rope_scaling'));
  return {
    whole: rotaryFromEntry(model, read, entry, headWidth, defaults.whole).rotary,
    near: rotaryFromEntry(model, read, entryOf('sliding_attention'), headWidth, defaults.near).rotary,
  };
}
