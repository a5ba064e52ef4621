import type { Subspace } from './contracts/attribute.js';

/** Anything that has hidden states: a look-ahead or a prefilled prompt. */
export interface HiddenStates {
  /** Hidden states at a layer, row-major [rows, width]. */
  hidden(layer: number): Float32Array;
}

/** Reads the distances of several subspaces from the same hidden states. */
export interface DistanceReader {
  /** The layers needed, each once, ascending. */
  readonly layers: readonly number[];
  /**
   * Writes the signed distances `direction · h − offset` of some rows to every subspace.
   *
   * @param source - Holds hidden states at all of {@link DistanceReader.layers}.
   * @param first - First row to read.
   * @param count - Number of rows.
   * @param into - Receives the distances, row-major [count, subspaces]; the caller's to reuse.
   */
  read(source: HiddenStates, first: number, count: number, into: Float64Array): void;
}

/**
 * Prepares a reader for some subspaces, which may be at different layers. Those of a layer share one
 * pass over its rows. Sums are in double precision.
 */
export function createDistanceReader(subspaces: readonly Subspace[]): DistanceReader {
  const layers = [...new Set(subspaces.map((subspace) => subspace.layer))].sort((a, b) => a - b);
  const columnsOf = layers.map((layer) =>
    subspaces.flatMap((subspace, column) => (subspace.layer === layer ? [{ subspace, column }] : [])),
  );
  const stride = subspaces.length;
  return {
    layers,
    read(source, first, count, into) {
      layers.forEach((layer, l) => {
        const rows = source.hidden(layer);
        for (let row = 0; row < count; row++) {
          for (const { subspace, column } of columnsOf[l]) {
            into[row * stride + column] = distance(subspace, rows, first + row);
          }
        }
      });
    },
  };
}

function distance({ direction, offset }: Subspace, rows: Float32Array, row: number): number {
  const start = row * direction.length;
  let sum = 0;
  for (let i = 0; i < direction.length; i++) sum += direction[i] * rows[start + i];
  return sum - offset;
}

/** The margin of a distance: `slope · distance + intercept`, in log-odds. */
export function marginOf(subspace: Subspace, distance: number): number {
  return subspace.calibration.slope * distance + subspace.calibration.intercept;
}
