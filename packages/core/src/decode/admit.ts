import type { EngineLimits } from './engine-limits.js';
import type { DecodeJob } from './job.js';

/** What share of the places second and further completions of calls may have. */
const SHARE_OF_FURTHER = 1 / 4;

/** Which calls may start completions. */
export interface Places {
  /** Whether a call may start one now. */
  isFor(job: DecodeJob): boolean;
  /** Whether a call waits because others have all the places. */
  areWantedBy(job: DecodeJob): boolean;
}

/** The places that are left by what some jobs hold. */
export function placesOf(jobs: Iterable<DecodeJob>, limits: EngineLimits): Places {
  let [live, rows] = [0, 0];
  for (const { pool, isPaused } of jobs) {
    live += pool.size;
    if (!isPaused) rows += pool.rows;
  }
  const most = ({ pool }: DecodeJob) =>
    pool.size === 0 ? limits.maxCompletions : Math.ceil(limits.maxCompletions * SHARE_OF_FURTHER);
  const mayStart = (job: DecodeJob) => !job.ended && !job.isPaused && job.pool.hasMore;
  return {
    isFor: (job) =>
      mayStart(job) &&
      live < most(job) &&
      (job.pool.size === 0 || rows + job.pool.nextRows <= limits.maxRows),
    areWantedBy: (job) => mayStart(job) && live >= most(job),
  };
}

/**
 * Starts completions: the first of each call while there is a place at all, further ones while their steps are expected to fit in a
 * call of the model. Calls take turns: who has fewest is next, and of those who came first.
 *
 * @param jobs - In the order in which they came.
 */
export function admit(jobs: ReadonlySet<DecodeJob>, limits: EngineLimits): void {
  for (;;) {
    const places = placesOf(jobs, limits);
    let next: DecodeJob | undefined;
    for (const job of jobs) {
      if (places.isFor(job) && (next === undefined || job.pool.size < next.pool.size)) next = job;
    }
    if (next === undefined) return;
    next.start();
  }
}
