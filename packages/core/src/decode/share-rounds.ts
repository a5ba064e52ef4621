import type { HalfspaceError } from '@halfspace/contracts';
import type { PlannedStep } from '../step/stages.js';
import type { Seat } from './job.js';
import type { DecidedStep } from './settle-step.js';

/** Milliseconds for which a round waits for plugins: those that answer at once stay together. */
const GRACE_MS = 0;

/**
 * Lets plugins work on the step of a seat, which is `waiting` meanwhile. An error that is not the completion's own ends the
 * task.
 */
export async function think(
  seat: Seat,
  work: () => Promise<PlannedStep | DecidedStep | HalfspaceError>,
): Promise<void> {
  const { job } = seat;
  seat.stage = 'waiting';
  try {
    const found = await work();
    if ('toRun' in found) {
      seat.step = found;
      seat.stage = 'planned';
      seat.since = performance.now();
    } else {
      seat.outcome = found;
      seat.stage = 'decided';
    }
    job.onWork();
  } catch (error) {
    job.fail(error);
  }
}

/** Waits for those who answer at once; a round goes on without the others. */
export async function waitShortly(works: readonly Promise<void>[], mayTakeLong: boolean): Promise<void> {
  if (works.length === 0) return;
  const all = Promise.all(works);
  if (!mayTakeLong) {
    await all;
    return;
  }
  let timer: ReturnType<typeof setTimeout> | undefined;
  const grace = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, GRACE_MS);
  });
  await Promise.race([all, grace]);
  clearTimeout(timer);
}

/** Whether plugins may keep a completion waiting. */
export function hasPlugins({ job: { run } }: Seat): boolean {
  return run.marginReader.scorers.length > 0 || run.options.filters.length > 0;
}

/**
 * One call of the model for seats of any tasks. Where it fails, each task has one of its own, so that none is ended by
 * another one's fault.
 *
 * @param read - Reads an answer, before the model is called again; what it throws ends the task.
 */
export async function callTogether<A>(
  seats: readonly Seat[],
  call: (seats: readonly Seat[]) => Promise<readonly A[]>,
  read: (seat: Seat, answer: A) => void,
): Promise<void> {
  if (seats.length === 0) return;
  let answers: readonly A[];
  try {
    answers = await call(seats);
  } catch (error) {
    const jobs = [...new Set(seats.map(({ job }) => job))];
    if (jobs.length === 1) return jobs[0].fail(error);
    for (const job of jobs) {
      await callTogether(
        seats.filter((seat) => seat.job === job && !job.ended),
        call,
        read,
      );
    }
    return;
  }
  seats.forEach((seat, i) => {
    if (!seat.job.ended) seat.job.attempt(() => read(seat, answers[i]));
  });
}
