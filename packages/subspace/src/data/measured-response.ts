/** Most positions of a response that are kept, so that long data takes no more room than short. */
const MOST_POSITIONS = 16;

/** What is kept of a held-out response. */
export interface MeasuredResponse {
  /** Its distances after each token, in order; of a long response after 16 of them, evenly spaced up to the last. */
  readonly distances: Float64Array;
  /** Mean over all of its tokens. */
  readonly mean: number;
  /** The least over all of its tokens. */
  readonly min: number;
  /** How many tokens it has. */
  readonly tokens: number;
  /** How much of the value it has, 1 to 0. */
  readonly label: number;
  /** A number that stands for its group. */
  readonly group: number;
}

/**
 * Takes down what is needed of the distances of a response.
 *
 * @param response - Its label and group, and how many tokens it has (default: as many as there are distances).
 */
export function measureResponse(
  distances: Float64Array,
  response: Pick<MeasuredResponse, 'label' | 'group'> & { readonly tokens?: number },
): MeasuredResponse {
  const { label, group, tokens = distances.length } = response;
  return {
    distances: Float64Array.from(spacedPositions(distances.length, MOST_POSITIONS), (at) => distances[at]),
    mean: distances.reduce((sum, value) => sum + value, 0) / distances.length,
    min: distances.reduce((least, value) => Math.min(least, value)),
    tokens,
    label,
    group,
  };
}

/** All positions, or of more than `most` that many, evenly spaced up to the last. */
export function spacedPositions(positions: number, most: number): number[] {
  const kept = Math.min(most, positions);
  return Array.from({ length: kept }, (_, i) => Math.round(((i + 1) * positions) / kept) - 1);
}

/** Something that is read along a direction: distance = direction · h − offset. */
export interface Axis {
  readonly direction: Float32Array;
  readonly offset: number;
}

/** The distances of hidden states, row-major [rows, width]. Sums are in double precision. */
export function distancesOf(states: Float32Array, { direction, offset }: Axis): Float64Array {
  const width = direction.length;
  return Float64Array.from({ length: states.length / width }, (_, row) => {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += direction[i] * states[row * width + i];
    return sum - offset;
  });
}
