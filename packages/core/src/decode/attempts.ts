import type { Completion, StreamEvent } from './completion.js';
import type { Redraw } from '../options/redraw.js';

/** A finished draft, and what a stream would have said of it. */
export interface Draft {
  readonly completion: Completion;
  readonly events: readonly StreamEvent[];
  /** By how much its margins are below what was asked for, in log-odds, over all attributes; 0 where they are not. */
  readonly lack: number;
}

/** What was done for a completion before its present draft. */
export interface EarlierDrafts {
  /** When the first was started. */
  readonly startedAt: number;
  /** The one that lacks least, with the rows of all. */
  readonly best: Draft;
}

/**
 * By how much a completion falls short of what is asked for, if anything is. One that has no text lacks nothing; nor does one
 * that an error ended, which is told.
 */
export function lackOf(redraw: Redraw | undefined, { margins, error }: Completion): number {
  if (redraw === undefined || error !== undefined) return 0;
  const lacks = Object.entries(redraw.below).map(([name, least]) => Math.max(0, least - margins[name].mean));
  return lacks.reduce((sum, lack) => sum + (Number.isNaN(lack) ? 0 : lack), 0);
}

/**
 * The draft that lacks less, the earlier one of equals, with the cost of both.
 *
 * @param draft - The later one; its figures of cost include those of drafts before it.
 */
export function betterOf(earlier: Draft | undefined, draft: Draft): Draft {
  if (earlier === undefined || draft.lack < earlier.lack) return draft;
  const { rows, timing, drafts } = draft.completion;
  const completion = { ...earlier.completion, rows, timing, ...(drafts !== undefined && { drafts }) };
  return { ...earlier, completion };
}
