import { abortedBy, onAbort } from '@halfspace/contracts/internal';
import type { DecodeRun } from './decode-task.js';
import { createEventQueue } from './event-queue.js';
import type { DecodeJob, Seat } from './job.js';
import type { LiveCompletion } from './live-completion.js';
import { createPool, type Pool } from './pool.js';
import type { PromptQueue } from './prompt-queue.js';

/** Events that may wait to be read before the writing pauses, for each completion that is being written. */
const MOST_UNREAD = 4;

/** Who is told what. */
export interface JobListener {
  readonly onWork: () => void;
  /** The job has failed. */
  readonly onEnd: (job: DecodeJob) => void;
  /** Milliseconds of a clock. */
  readonly now: () => number;
}

/** Makes a job; it ends with the error `aborted` when the signal of the run does. */
export function createJob(
  task: DecodeRun,
  prompts: PromptQueue,
  { onWork, onEnd, now }: JobListener,
): DecodeJob {
  const controller = new AbortController();
  const run: DecodeRun = { ...task, signal: controller.signal };
  const seats = new Map<LiveCompletion, Seat>();
  const pool = createPool(run, prompts, {
    onStart: (live) => void seats.set(live, { job, live, stage: 'idle', since: 0 }),
    onFailure: (error) => job.fail(error),
  });
  const events = createEventQueue();
  let ended = false;
  let readAt = now();
  let failed = false;
  const closing = createClosing();
  const { signal } = task;
  const ignore = signal && onAbort(signal, () => job.fail(abortedBy(signal)));

  const job: DecodeJob = {
    run,
    pool,
    seats,
    onWork,
    closed: closing.closed,
    get isPaused() {
      return events.size > MOST_UNREAD * Math.max(1, pool.live.size);
    },
    get ended() {
      return ended;
    },
    get readAt() {
      return readAt;
    },
    get hasWork() {
      return canGoOn(seats.values(), job.isPaused);
    },
    start: () => job.attempt(() => pool.start()),
    settle(seat, ending) {
      const { live } = seat;
      Object.assign(seat, { stage: 'idle', step: undefined, outcome: undefined });
      events.push(pool.report(live, ending));
      if (!pool.live.has(live)) seats.delete(live);
      if (pool.done) events.end();
    },
    attempt(work) {
      try {
        work();
      } catch (error) {
        job.fail(error);
      }
    },
    fail(error) {
      if (ended) return;
      failed = true;
      events.fail(error);
      onEnd(job);
    },
    end() {
      ended = true;
      ignore?.();
      controller.abort(signal?.reason);
    },
    close() {
      seats.clear();
      closing.close(pool, failed);
    },
    async next() {
      readAt = now();
      const found = await events.next();
      readAt = now();
      onWork();
      return found;
    },
  };
  return job;
}

/** The end of a job, once what it held is released. What goes wrong with that is told, unless the job has an error already. */
function createClosing() {
  let settle = (_how: Promise<void>) => {};
  const closed = new Promise<void>((resolve) => {
    settle = resolve;
  });
  // Nobody need wait for it.
  closed.catch(() => undefined);
  async function release(pool: Pool, failed: boolean): Promise<void> {
    try {
      pool.close();
    } catch (error) {
      if (!failed) throw error;
    }
  }
  return { closed, close: (pool: Pool, failed: boolean) => settle(release(pool, failed)) };
}

/** Whether a round would get some step on. */
function canGoOn(seats: Iterable<Seat>, isPaused: boolean): boolean {
  for (const { stage } of seats) {
    if (stage !== 'waiting' && (stage !== 'idle' || !isPaused)) return true;
  }
  return false;
}
