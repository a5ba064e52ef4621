import type { Architecture, Rotary } from './architecture.js';
import type { Matrix } from './matrix.js';

/** Rows that a call may have, whatever the context length: the rotary operator takes no more than its tables have. */
export const MOST_ROWS = 8192;

/**
 * Angle per position of every pair of the numbers of a head that are turned, in radians: base^(−2i/width)
 * (Su et al. 2021, RoFormer).
 */
export function rotaryFrequencies(width: number, base: number): Float64Array {
  return Float64Array.from({ length: width / 2 }, (_, pair) => base ** ((-2 * pair) / width));
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
  const { contextLength } = found;
  const pairs = rotariesOf(found).reduce((sum, { frequencies }) => sum + frequencies.length, 0);
  if (pairs === 0) return contextLength;
  // A cosine and a sine for each pair, in both parts of the trunk.
  const bytes = pairs * Float32Array.BYTES_PER_ELEMENT * 2 * 2;
  const most = Math.floor(Math.max(TABLE_BYTES, weightBytes) / bytes);
  return Math.min(contextLength, Math.max(MOST_ROWS, most));
}

/** The ways in which a model turns queries and keys; those of blocks with a window come last. */
export function rotariesOf({ rotary, sliding }: Pick<Architecture, 'rotary' | 'sliding'>): Rotary[] {
  return [...new Set([rotary, sliding?.rotary])].filter((each) => each !== undefined);
}

/** Cosines and sines of every position, [positions, pairs], worked out as they are wanted. */
export function rotaryTables(
  frequencies: Float64Array,
  positions: number,
  scale = 1,
): { cosines: Matrix; sines: Matrix } {
  const pairs = frequencies.length;
  const table = (of: (angle: number) => number): Matrix => ({
    rows: positions,
    columns: pairs,
    async read(from, count) {
      const data = new Float32Array(count * pairs);
      for (let row = 0; row < count; row++)
        for (let pair = 0; pair < pairs; pair++)
          data[row * pairs + pair] = of((from + row) * (frequencies[pair] ?? 0)) * scale;
      return data;
    },
  });
  return { cosines: table(Math.cos), sines: table(Math.sin) };
}
