import { HalfspaceError } from '@halfspace/core';
import type { Rotary } from '../compile/architecture.js';
import type { MetadataReader } from '../compile/metadata.js';
import { rotaryFrequencies } from '../compile/rotary.js';
import { scaleYarn, yarnMagnitude } from '../compile/rotary-scaling.js';
import { describeValue } from '../describe-value.js';
import type { ModelFile } from '../weights.js';
import { unsupported } from './unsupported.js';

/**
 * What GGUF divides all rotary frequencies by. A factor without a type is a linear one, as llama.cpp has it; so is the
 * older key, and a factor of 0 is none.
 */
export function ggufRotaryFactor(read: MetadataReader): number {
  const type = read.value('rope.scaling.type');
  if (type === 'none') return 1;
  const factor = 'rope.scaling.factor';
  if (type !== undefined) return read.number(factor);
  const key = [factor, 'rope.scale_linear'].find((each) => (read.value(each) ?? 0) !== 0);
  return key === undefined ? 1 : read.number(key);
}

/** Tensors of numbers that frequencies are divided by. */
export const ROTARY_FACTORS = /^rope_(freqs|factors_(long|short))\.weight$/;

/** Numbers that frequencies are divided by, one for each pair. */
async function factorsOf(model: ModelFile, name: string, pairs: number): Promise<Float32Array> {
  const factors = await model.readF32(name);
  if (factors.length === pairs) return factors;
  throw new HalfspaceError(
    'corrupt-model',
    `${model.name} has ${factors.length} RoPE factors where a head has ${pairs} pairs. Fetch it again.`,
  );
}

/** How a GGUF file turns queries and keys, and how many tokens that holds for. */
export interface GgufRotary {
  readonly rotary: Rotary;
  readonly contextLength: number;
}

/** How a family turns queries and keys, as far as a GGUF file does not say. */
export interface GgufRotaryDefaults {
  /** `rope.freq_base` (default 10,000). */
  readonly base?: number;
  /** Whether pairs lie side by side. */
  readonly interleaved: boolean;
  /** Whether tensors of factors count. */
  readonly factors: boolean;
}

/**
 * Rotary positions by GGUF metadata, which has their scaling as a factor for all, as YaRN, or as a tensor of factors. Files
 * with LongRoPE have one tensor for texts within the original context and one for longer ones: the first is taken, and the
 * model takes no more tokens than that.
 *
 * @param width - Numbers of a head that are turned.
 * @throws HalfspaceError `corrupt-model`, `unsupported-model`
 */
export async function rotaryByGguf(
  model: ModelFile,
  read: MetadataReader,
  width: number,
  { base: fallback = 10_000, interleaved, factors }: GgufRotaryDefaults,
): Promise<GgufRotary> {
  const base = read.number('rope.freq_base', fallback);
  const contextLength = read.size('context_length');
  const unscaled = rotaryFrequencies(width, base);
  const original = () => read.size('rope.scaling.original_context_length', contextLength);
  const type = read.value('rope.scaling.type') ?? 'linear';
  const has = (name: string) => factors && model.tensors.has(name);
  if (has('rope_factors_short.weight')) {
    if (type !== 'linear' && type !== 'longrope' && type !== 'none')
      throw unsupported(model, `scales its rotary positions by ${describeValue(type)} and by factors`);
    const short = await factorsOf(model, 'rope_factors_short.weight', unscaled.length);
    return {
      rotary: {
        frequencies: unscaled.map((frequency, pair) => frequency / (short[pair] ?? 1)),
        interleaved,
        scale: read.number('rope.scaling.attn_factor', 1),
      },
      contextLength: Math.min(contextLength, original()),
    };
  }
  if (type === 'yarn')
    return { rotary: yarnOf(read, unscaled, base, interleaved, original()), contextLength };
  if (type !== 'linear' && type !== 'none')
    throw unsupported(model, `scales its rotary positions by ${describeValue(type)} in a GGUF file`);
  const factor = ggufRotaryFactor(read);
  const slowed = unscaled.map((frequency) => frequency / factor);
  const frequencies = has('rope_freqs.weight')
    ? await factorsOf(model, 'rope_freqs.weight', slowed.length).then((each) =>
        slowed.map((frequency, pair) => frequency / (each[pair] ?? 1)),
      )
    : slowed;
  return { rotary: { frequencies, interleaved, scale: 1 }, contextLength };
}

/** YaRN as llama.cpp has it: the magnitude follows from the factor, whatever else the file says of it. */
function yarnOf(
  read: MetadataReader,
  unscaled: Float64Array,
  base: number,
  interleaved: boolean,
  originalContext: number,
): Rotary {
  const factor = read.number('rope.scaling.factor');
  const frequencies = scaleYarn(unscaled, {
    factor,
    base,
    originalContext,
    betaFast: read.number('rope.scaling.yarn_beta_fast', 32),
    betaSlow: read.number('rope.scaling.yarn_beta_slow', 1),
    truncate: true,
  });
  return { frequencies, interleaved, scale: yarnMagnitude(factor) };
}
