import { type Calibration, HalfspaceError, type Subspace } from '@halfspace/contracts';

/**
 * Anything that has hidden states: a look-ahead or a prefilled prompt.
 *
 * @beta
 */
export interface HiddenStates {
  /** Hidden states at a layer, row-major [rows, width]. */
  hidden(layer: number): Float32Array;
}

/**
 * Reads the distances of several subspaces from the same hidden states.
 *
 * @beta
 */
export interface DistanceReader {
  /** The layers needed, each once, ascending. */
  readonly layers: readonly number[];
  /**
   * Writes the signed distances `direction · h − offset` of consecutive rows to every subspace.
   *
   * @param source - Holds hidden states at all of {@link DistanceReader.layers}.
   * @param first - First row to read.
   * @param places - For each row, where its distances go in the columns.
   * @param columns - For each subspace, what receives its distances.
   * @throws HalfspaceError `not-finite`
   */
  read(
    source: HiddenStates,
    first: number,
    places: readonly number[],
    columns: readonly Float64Array[],
  ): void;
}

/**
 * Prepares a reader for some subspaces, each of one layer or several. Those of a layer share one
 * pass over its rows. Sums are in double precision.
 *
 * @beta
 */
export function createDistanceReader(subspaces: readonly Subspace[]): DistanceReader {
  const layers = [...new Set(subspaces.flatMap((subspace) => subspace.layers))].sort((a, b) => a - b);
  const partsOf = layers.map((layer) =>
    subspaces.flatMap((subspace, column) => {
      const index = subspace.layers.indexOf(layer);
      return index < 0 ? [] : [{ ...partAt(subspace, index), column }];
    }),
  );
  return {
    layers,
    read(source, first, places, columns) {
      layers.forEach((layer, l) => {
        const rows = source.hidden(layer);
        places.forEach((place, row) => {
          for (const { part, offset, column } of partsOf[l]) {
            const product = dot(part, rows, first + row);
            // The offset comes with the first layer of a subspace.
            const sum = offset === undefined ? columns[column][place] + product : product - offset;
            columns[column][place] = finite(sum);
          }
        });
      });
    },
  };
}

/** What a subspace takes from its layer of an index. */
function partAt({ layers, direction, offset }: Subspace, index: number) {
  const width = direction.length / layers.length;
  return {
    part: direction.subarray(index * width, (index + 1) * width),
    offset: index === 0 ? offset : undefined,
  };
}

function dot(part: Float32Array, rows: Float32Array, row: number): number {
  const start = row * part.length;
  let sum = 0;
  for (let i = 0; i < part.length; i++) sum += part[i] * rows[start + i];
  return sum;
}

function finite(value: number): number {
  if (Number.isFinite(value)) return value;
  throw notFinite();
}

/** @throws HalfspaceError `not-finite` */
export function finiteStates(states: Float32Array): Float32Array {
  if (states.every(Number.isFinite)) return states;
  throw notFinite();
}

function notFinite(): HalfspaceError {
  return new HalfspaceError(
    'not-finite',
    'The model gave hidden states that are not finite. Its weights or its arithmetic are broken: try ' +
      'another precision, and verify the model file.',
  );
}

/** The margin of a distance: `slope · distance + intercept`, in log-odds. */
export function marginOf({ slope, intercept }: Calibration, distance: number): number {
  return slope * distance + intercept;
}

/** Margins of a response: after its last token, and over the states after each of its tokens. */
export interface ScoredMargins {
  /** After the last token. */
  readonly last: number;
  /** Mean over the tokens. */
  readonly mean: number;
  /** The lowest over the tokens. */
  readonly min: number;
}
