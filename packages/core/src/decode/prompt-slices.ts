import type { EngineLimits } from './engine-limits.js';
import { createPace } from './pace.js';

/** Rows of the first slice, when nothing is known of how long one takes. */
const FIRST_ROWS = 32;

/** Milliseconds of a slice while nothing is decoded: so long waits who comes, and who aborts. */
const ALONE_MS = 100;

/** Rows of a slice while nothing is decoded, at least: fewer use what a call costs badly. */
const LEAST_ALONE = 16;

/** Rows are whole numbers but for this. */
const ROUNDING = 1e-6;

/** What share of what is known of a round is left when the next one has been timed. */
const FADING = 0.5;

/** How many rows of prompts are run before a round of decoding: as many as there is time for, by what was timed before. */
export interface PromptSlices {
  /**
   * Rows of the next slice, at least one.
   *
   * @param decoding - Whether completions wait for it.
   */
  rows(decoding: boolean, limits: EngineLimits): number;
  /** Notes what a slice took. */
  noteSlice(rows: number, ms: number): void;
  /** Notes what the decoding of a round took. */
  noteRound(ms: number): void;
}

/** Nothing has been timed yet. */
export function createPromptSlices(): PromptSlices {
  const pace = createPace();
  let roundMs: number | undefined;
  return {
    rows(decoding, { maxPromptRows, maxSlowdown }) {
      const most = (rows: number) => Math.max(1, Math.min(maxPromptRows, Math.floor(rows + ROUNDING)));
      if (!decoding) return most(Math.max(LEAST_ALONE, pace.rowsWithin(ALONE_MS) ?? FIRST_ROWS));
      if (roundMs === undefined) return most(FIRST_ROWS);
      return most(pace.rowsWithin((maxSlowdown - 1) * roundMs) ?? FIRST_ROWS);
    },
    noteSlice: (rows, ms) => pace.note(rows, ms),
    noteRound(ms) {
      roundMs = roundMs === undefined ? ms : FADING * roundMs + (1 - FADING) * ms;
    },
  };
}
