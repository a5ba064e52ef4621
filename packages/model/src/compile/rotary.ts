import { HalfspaceError } from '@halfspace/core';
import type { MetadataValue } from '../weights.js';

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
 * @throws HalfspaceError `unsupported-model` for a scaling other than `linear` and `llama3`
 */
export function scaleByConfig(frequencies: Float64Array, entry: MetadataValue | undefined): Float64Array {
  if (entry === undefined || entry === null) return frequencies;
  const config = entry as Readonly<Record<string, MetadataValue>>;
  const kind = config['rope_type'] ?? config['type'] ?? 'default';
  const number = (key: string) => {
    const value = config[key];
    if (typeof value === 'number' && value > 0) return value;
    throw new HalfspaceError(
      'corrupt-model',
      `config.json asks for ${JSON.stringify(kind)} RoPE scaling without a valid ${key}.`,
    );
  };
  if (kind === 'default') return frequencies;
  if (kind === 'linear') return frequencies.map((frequency) => frequency / number('factor'));
  if (kind === 'llama3') {
    return scaleLlama3(frequencies, {
      factor: number('factor'),
      lowFrequencyFactor: number('low_freq_factor'),
      highFrequencyFactor: number('high_freq_factor'),
      originalContext: number('original_max_position_embeddings'),
    });
  }
  throw new HalfspaceError(
    'unsupported-model',
    `The model scales its rotary positions by ${JSON.stringify(kind)}, which Halfspace does not know. Known: default, linear, llama3.`,
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
