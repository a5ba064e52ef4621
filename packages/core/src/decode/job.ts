import type { HalfspaceError } from '@halfspace/contracts';
import type { PlannedStep } from '../step/stages.js';
import type { StreamEvent } from './completion.js';
import type { DecodeRun } from './decode-task.js';
import type { LiveCompletion } from './live-completion.js';
import type { Ending } from './outcome.js';
import type { Pool } from './pool.js';
import type { DecidedStep } from './settle-step.js';

/** A task that an engine serves, with what its reader has not read yet. */
export interface DecodeJob {
  readonly run: DecodeRun;
  readonly pool: Pool;
  readonly seats: ReadonlyMap<LiveCompletion, Seat>;
  /** Whether its reader is far behind: no further step is begun until it has read. */
  readonly isPaused: boolean;
  /** Whether it is over, for whatever reason. */
  readonly ended: boolean;
  /** When its reader has last asked for something, in milliseconds of the engine's clock. */
  readonly readAt: number;
  /** Whether a round would get one of its completions on. */
  readonly hasWork: boolean;
  /** Starts one more completion. */
  start(): void;
  /** Writes down that a completion has taken a step. */
  settle(seat: Seat, ending: Ending | undefined): void;
  /** Does something for it; what that throws ends it. */
  attempt(work: () => void): void;
  /** Ends it with an error, which its reader gets. */
  fail(error: unknown): void;
  /** Notes that nothing of it goes on; plugins are told by the signal of the run. */
  end(): void;
  /** Releases everything that is still held. */
  close(): void;
  /** Settles once that has been done: with an error of the backend, where it is the first that the job meets. */
  readonly closed: Promise<void>;
  /** There is something to do that was not there before. */
  onWork(): void;
  /**
   * What has happened since it was asked last, once something has; undefined when all is told.
   *
   * @throws whatever ended it
   */
  next(): Promise<readonly StreamEvent[] | undefined>;
}

/** The place of a completion in the rounds of an engine: where its present step is. */
export interface Seat {
  readonly job: DecodeJob;
  readonly live: LiveCompletion;
  /**
   * `idle`: the next step is to be begun. `planned`: candidates are to be run, or the choice is to be made. `waiting`: plugins
   * think. `decided`: the choice is made, or an error has ended the completion.
   */
  stage: 'idle' | 'planned' | 'waiting' | 'decided';
  /** Since when it is `planned`, in milliseconds. */
  since: number;
  /** While it is `planned`. */
  step?: PlannedStep | undefined;
  /** Once it is `decided`. */
  outcome?: DecidedStep | HalfspaceError | undefined;
}
