import type { Backend } from '@halfspace/contracts';
import { admit } from './admit.js';
import { advanceStep } from './advance-step.js';
import { beginSteps } from './begin-steps.js';
import type { EngineLimits } from './engine-limits.js';
import type { DecodeJob, Seat } from './job.js';
import { measureSteps } from './measure-steps.js';
import type { PromptQueue } from './prompt-queue.js';
import type { PromptSlices } from './prompt-slices.js';

/** What a round works on. */
export interface RoundParts {
  /** In the order in which they came. */
  readonly jobs: ReadonlySet<DecodeJob>;
  readonly prompts: PromptQueue;
  readonly slices: PromptSlices;
  /** Checked. */
  readonly backend: Backend;
  readonly limits: EngineLimits;
  /** Milliseconds of a clock. */
  readonly now: () => number;
  /** Lets go those who have left. */
  readonly sweep: () => void;
}

/** One round: a slice of prompts, then the steps of completions. */
export async function runRound(round: RoundParts): Promise<void> {
  const { jobs, limits, slices, now, sweep } = round;
  admit(jobs, limits);
  const decoding = [...jobs].some((job) => !job.ended && job.hasWork);
  await runPrompts(round, decoding);
  sweep();
  const start = now();
  await decodeRound(round);
  if (decoding) slices.noteRound(now() - start);
}

/** A slice of the prompts that wait. */
async function runPrompts({ prompts, slices, limits, now }: RoundParts, decoding: boolean): Promise<void> {
  const start = now();
  const rows = await prompts.advance(slices.rows(decoding, limits));
  slices.noteSlice(rows, now() - start);
}

/** A stage of the steps after another, and between them those who have left are let go. */
async function decodeRound({ jobs, backend, limits, sweep }: RoundParts): Promise<void> {
  settle(seatsAt(jobs, 'decided'));
  const idle = seatsAt(jobs, 'idle').filter(({ job }) => !job.isPaused);
  await beginSteps(idle, backend, liveOf(jobs));
  sweep();
  await measureSteps(seatsAt(jobs, 'planned'), backend, limits.maxRows);
  sweep();
  settle(seatsAt(jobs, 'decided'));
}

/** Completions of some jobs that are being written or wait for their prompt. */
function liveOf(jobs: Iterable<DecodeJob>): number {
  let live = 0;
  for (const { pool } of jobs) live += pool.size;
  return live;
}

function seatsAt(jobs: Iterable<DecodeJob>, stage: Seat['stage']): Seat[] {
  const found: Seat[] = [];
  for (const job of jobs) {
    if (job.ended) continue;
    for (const seat of job.seats.values()) if (seat.stage === stage) found.push(seat);
  }
  return found;
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
