import { type Backend, createDistanceReader, type Subspace } from '@halfspace/core';
import type { FitProgress } from '../fit/fit-options.js';
import { type EncodedRow, responseStates } from '../data/response-states.js';

/** Settings of {@link readMargins}. */
interface ReadOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called after each row. */
  readonly onProgress?: ((progress: FitProgress) => void) | undefined;
}

/** The margins of each attribute on each row, one a token. */
export async function readMargins(
  backend: Backend,
  subspaces: readonly Subspace[],
  rows: readonly EncodedRow[],
  { signal, onProgress }: ReadOptions,
): Promise<Float64Array[][]> {
  const reader = createDistanceReader(subspaces);
  const margins: Float64Array[][] = subspaces.map(() => []);
  let done = 0;
  for await (const states of responseStates(backend, rows, reader.layers, signal)) {
    const count = states.row.tokens.length - states.row.start;
    const columns = subspaces.map(() => new Float64Array(count));
    reader.read(states, 0, [...columns[0].keys()], columns);
    subspaces.forEach(({ calibration: { slope, intercept } }, a) => {
      margins[a].push(columns[a].map((distance) => slope * distance + intercept));
    });
    onProgress?.({ done: ++done, total: rows.length });
  }
  return margins;
}
