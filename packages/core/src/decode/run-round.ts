import type { Backend } from '@halfspace/contracts';
import { advanceStep } from './advance-step.js';
import { beginSteps } from './begin-steps.js';
import type { EngineLimits } from './engine-limits.js';
import type { DecodeJob, Seat } from './job.js';
import { measureSteps } from './measure-steps.js';
import type { PromptQueue } from './prompt-queue.js';

/** What a round works on. */
export interface RoundParts {
  /** In the order in which they came. */
  readonly jobs: ReadonlySet<DecodeJob>;
  readonly prompts: PromptQueue;
  /** Checked. */
  readonly backend: Backend;
  readonly limits: EngineLimits;
  /** Lets go those who have left. */
  readonly sweep: () => void;
}

/** Completions of some jobs that are being written or wait for their prompt. */
export function liveOf(jobs: Iterable<DecodeJob>): number {
  let live = 0;
  for (const { pool } of jobs) live += pool.live.size + pool.starting;
  return live;
}

/** One round: a stage after another, and between them those who have left are let go. */
export async function runRound({ jobs, prompts, backend, limits, sweep }: RoundParts): Promise<void> {
  const seatsAt = (stage: Seat['stage']) =>
    [...jobs].flatMap((job) =>
      job.ended ? [] : [...job.seats.values()].filter((seat) => seat.stage === stage),
    );
  admit(jobs, limits.maxCompletions);
  await prompts.advance(limits.maxPromptRows);
  sweep();
  settle(seatsAt('decided'));
  const idle = seatsAt('idle').filter(({ job }) => !job.isPaused);
  await beginSteps(idle, backend, liveOf(jobs));
  sweep();
  await measureSteps(seatsAt('planned'), backend, limits.maxRows);
  sweep();
  settle(seatsAt('decided'));
}

/** Starts completions, of those who came first first. */
function admit(jobs: ReadonlySet<DecodeJob>, most: number): void {
  let room = most - liveOf(jobs);
  for (const job of jobs) {
    if (room <= 0) return;
    if (!job.ended) room -= job.fill(room);
  }
}

/** Writes down what was decided. */
function settle(seats: readonly Seat[]): void {
  for (const seat of seats) {
    const { job, live, outcome } = seat;
    if (outcome === undefined || job.ended) continue;
    job.attempt(() => {
      job.settle(seat, 'settled' in outcome ? advanceStep(live, outcome, job.run) : outcome);
    });
  }
}
