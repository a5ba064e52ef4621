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

/** Takes down what is needed of the distances of a response. */
export function measureResponse(
  distances: Float64Array,
  { label, group }: Pick<MeasuredResponse, 'label' | 'group'>,
): MeasuredResponse {
  const tokens = distances.length;
  const kept = Math.min(MOST_POSITIONS, tokens);
  const at = (i: number) => Math.round(((i + 1) * tokens) / kept) - 1;
  return {
    distances: Float64Array.from({ length: kept }, (_, i) => distances[at(i)]),
    mean: distances.reduce((sum, value) => sum + value, 0) / tokens,
    min: distances.reduce((least, value) => Math.min(least, value)),
    tokens,
    label,
    group,
  };
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
