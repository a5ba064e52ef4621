import type { BoundAttribute } from './bound-attributes.js';
import { marginOf } from './margins.js';
import type { TextState } from './margin-reader.js';

/** The margin of a text to each attribute; NaN where it was not evaluated. */
export function marginsOf({ distances }: TextState, attributes: readonly BoundAttribute[]): number[] {
  return attributes.map(({ calibration }, a) => marginOf(calibration, distances[a]));
}

/** For each attribute, the margins of all candidates. */
export function marginColumns(
  distances: readonly Float64Array[],
  attributes: readonly BoundAttribute[],
): Float64Array[] {
  return attributes.map(({ calibration }, a) =>
    distances[a].map((distance) => marginOf(calibration, distance)),
  );
}
