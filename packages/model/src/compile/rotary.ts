import { HalfspaceError } from '@halfspace/core';
import { shown } from '../shown.js';
import type { MetadataReader } from './metadata.js';

/** The scaling of llama 3.1 and later: long waves are slowed down, short ones left alone. */
export interface Llama3Scaling {
  readonly factor: number;
  readonly lowFrequencyFactor: number;
  readonly highFrequencyFactor: number;
  readonly originalContext: number;
}

/**
 * Angle per position of every pair of a head, in radians: base^(−2i/width) (Su et al. 2021, RoFormer).
 */
export function rotaryFrequencies(headWidth: number, base: number): Float64Array {
  return Float64Array.from({ length: headWidth / 2 }, (_, pair) => base ** ((-2 * pair) / headWidth));
}

/** Slows waves by the rule of llama 3.1: fully above the long wavelength, not at all below the short one. */
export function scaleLlama3(frequencies: Float64Array, scaling: Llama3Scaling): Float64Array {
  const { factor, lowFrequencyFactor: low, highFrequencyFactor: high, originalContext } = scaling;
  return frequencies.map((frequency) => {
    const turns = (originalContext * frequency) / (2 * Math.PI);
    if (turns < low) return frequency / factor;
    if (turns > high) return frequency;
    const smooth = (turns - low) / (high - low);
    return ((1 - smooth) * frequency) / factor + smooth * frequency;
  });
}

/**
 * Applies the `rope_scaling` (or `rope_parameters`) entry of a config.json.
 *
 * @throws HalfspaceError `corrupt-model`; `unsupported-model` for a scaling other than `linear` and `llama3`
 */
export function scaleByConfig(frequencies: Float64Array, read: MetadataReader): Float64Array {
  const kind = read.value('rope_type') ?? read.value('type') ?? 'default';
  if (kind === 'default') return frequencies;
  if (kind === 'linear') {
    const factor = read.number('factor');
    return frequencies.map((frequency) => frequency / factor);
  }
  if (kind === 'llama3') {
    return scaleLlama3(frequencies, {
      factor: read.number('factor'),
      lowFrequencyFactor: read.number('low_freq_factor'),
      highFrequencyFactor: read.number('high_freq_factor'),
      originalContext: read.number('original_max_position_embeddings'),
    });
  }
  throw new HalfspaceError(
    'unsupported-model',
    `The model scales its rotary positions by ${shown(kind)}, which Halfspace does not know. Known: default, linear, llama3.`,
  );
}

/** Cosines and sines of every position, row-major [positions, headWidth / 2]. */
export function rotaryTables(
  frequencies: Float64Array,
  positions: number,
): { cos: Float32Array; sin: Float32Array } {
  const pairs = frequencies.length;
  const cos = new Float32Array(positions * pairs);
  const sin = new Float32Array(positions * pairs);
  for (let position = 0; position < positions; position++) {
    for (let pair = 0; pair < pairs; pair++) {
      const angle = position * (frequencies[pair] ?? 0);
      cos[position * pairs + pair] = Math.cos(angle);
      sin[position * pairs + pair] = Math.sin(angle);
    }
  }
  return { cos, sin };
}
