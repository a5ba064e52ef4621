/** Something that is read along a direction: distance = direction · h − offset. */
export interface Axis {
  readonly direction: ArrayLike<number>;
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
