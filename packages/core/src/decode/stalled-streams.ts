import { HalfspaceError } from '@halfspace/contracts';
import { placesOf } from './admit.js';
import type { EngineLimits } from './engine-limits.js';
import type { DecodeJob } from './job.js';

/** The stream that has not been read for longest, of those that wait to be. */
function mostStalled(jobs: Iterable<DecodeJob>): DecodeJob | undefined {
  let found: DecodeJob | undefined;
  for (const job of jobs) {
    if (!job.ended && job.isPaused && (found === undefined || job.readAt < found.readAt)) found = job;
  }
  return found;
}

/**
 * Milliseconds until a stream that nobody reads may be given up for those who wait for its place; undefined where nobody waits so.
 *
 * @param now - Milliseconds of the engine's clock.
 */
export function givesUpIn(
  jobs: ReadonlySet<DecodeJob>,
  limits: EngineLimits,
  now: number,
): number | undefined {
  const stalled = mostStalled(jobs);
  if (stalled === undefined) return undefined;
  const places = placesOf(jobs, limits);
  const isWanted = [...jobs].some((job) => places.areWantedBy(job));
  return isWanted ? Math.max(0, stalled.readAt + limits.maxStallMs - now) : undefined;
}

/** Lets the stream go that has not been read for longest, if that is too long; its reader gets the error `busy`. */
export function giveUpStalled(jobs: ReadonlySet<DecodeJob>, { maxStallMs }: EngineLimits, now: number): void {
  const stalled = mostStalled(jobs);
  if (stalled === undefined || stalled.readAt + maxStallMs > now) return;
  const error = new HalfspaceError(
    'busy',
    `Nobody read this stream for ${maxStallMs / 1000} s, and others waited for its place. Read streams to their end, or leave them.`,
  );
  stalled.fail(error);
}
