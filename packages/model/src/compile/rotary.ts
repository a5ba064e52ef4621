import { HalfspaceError } from '@halfspace/core';
import { describeValue } from '../describe-value.js';
import type { Architecture } from './architecture.js';
import type { MetadataReader } from './metadata.js';

/** Rows that a call may have, whatever the context length: the rotary operator takes no more than its tables have. */
export const MOST_ROWS = 8192;

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
    `The model scales its rotary positions by ${describeValue(kind)}, which Halfspace does not know. Known: default, linear, llama3.`,
  );
}

/** Bytes of the tables that any model may have; a larger one may have as many as it has in weights. */
const TABLE_BYTES = 2 ** 26;

/**
 * The positions that the tables of a model's graphs have: all that it claims, unless they would take more room than the model
 * does. Keys and values of so many tokens take far more than the tables.
 *
 * @param weightBytes - Of the model file.
 */
export function tabledPositions(found: Architecture, weightBytes: number): number {
  const { contextLength, headWidth, sliding } = found;
  // A cosine and a sine for each pair, in both parts of the trunk.
  const bytes = headWidth * Float32Array.BYTES_PER_ELEMENT * 2 * (sliding === undefined ? 1 : 2);
  const most = Math.floor(Math.max(TABLE_BYTES, weightBytes) / bytes);
  return Math.min(contextLength, Math.max(MOST_ROWS, most));
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
