import type { EngineLimits } from '../decode/engine-limits.js';

/** Limits by which so many completions of one call are written at once. */
export function atOnce(completions: number): Partial<EngineLimits> {
  // Those of one call get a quarter of the places.
  return { maxCompletions: 4 * completions, maxRows: 100_000 };
}
