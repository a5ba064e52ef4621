import { type Backend, HalfspaceError } from '@halfspace/contracts';
import { checkAnswers } from '../plugins/check-answers.js';
import { createJob } from './create-job.js';
import { placesOf } from './admit.js';
import { createRun, type DecodeTask } from './decode-task.js';
import { changeLimits, limitsFor, type EngineLimits } from './engine-limits.js';
import type { DecodeJob } from './job.js';
import {
  createPromptQueue,
  type PromptListener,
  type PromptQueue,
  type WholePrefillRequest,
} from './prompt-queue.js';
import { createPromptSlices } from './prompt-slices.js';
import { runRound } from './run-round.js';
import { giveUpStalled, givesUpIn } from './stalled-streams.js';
import { createTurnover } from './turnover.js';

/**
 * What an engine is at.
 *
 * @beta
 */
export interface EngineStats {
  /** Calls of `generate`, `stream` and the like that are not finished. */
  readonly jobs: number;
  /** Completions that are being written. */
  readonly live: number;
  /** Prompts that wait to be run, or to be run to their end. */
  readonly waitingPrompts: number;
  /** Rounds so far. */
  readonly rounds: number;
  /** Tokens of prompts that were run so far. */
  readonly promptTokens: number;
  /** Tokens of prompts that the backend knew from texts before, and did not run. */
  readonly cachedTokens: number;
}

/** Decodes the tasks of all who use a backend, round by round; it never loops by itself. */
export interface Engine {
  /** Whether a round would get anything on. If not, {@link Engine.onWork} tells when one would. */
  readonly hasWork: boolean;
  /**
   * Milliseconds until a stream that nobody reads may be given up for those who wait for its place; undefined where nobody waits so.
   */
  readonly givesUpIn: number | undefined;
  /**
   * Takes a task in, from the next round on.
   *
   * @throws HalfspaceError `busy`, which says when to come back
   */
  add(task: DecodeTask): DecodeJob;
  /**
   * Ends a task, and releases all that it holds: at once, or when the call of the model that runs is over.
   *
   * @returns Settles once it is released.
   */
  remove(job: DecodeJob): Promise<void>;
  /** Takes in a prompt that is only to be run. @returns Withdraws it. */
  addPrompt(request: WholePrefillRequest, listener: PromptListener): () => void;
  /**
   * Runs one round: one call for parts of prompts that wait, one of the output head, for the completions that begin a step, and
   * one of the trunk, for candidates of all, whoever asked for them. What goes wrong with a task ends that task.
   */
  advance(): Promise<void>;
  /**
   * Changes some limits, from the next round on.
   *
   * @throws HalfspaceError `bad-option`
   */
  limit(changes: Partial<EngineLimits>): void;
  /** What it is at. */
  stats(): EngineStats;
}

/**
 * Makes an engine for a backend. A step takes one round, or a few where look-ahead is lazy or plugins think, while the
 * others go on.
 *
 * @param onWork - Called when there is something to do that was not there before.
 * @param now - Milliseconds of a clock, by which slices of prompts are sized.
 */
export function createEngine(bare: Backend, onWork: () => void, now = () => performance.now()): Engine {
  const backend = checkAnswers(bare);
  const prompts = createPromptQueue(backend);
  const jobs = new Set<DecodeJob>();
  const leaving = new Set<DecodeJob>();
  const slices = createPromptSlices();
  const turnover = createTurnover(now);
  let limits = limitsFor(backend.model);
  let rounds = 0;
  let advancing = false;

  /** Closes the jobs that were ended meanwhile. */
  function sweep(): void {
    for (const job of leaving) {
      jobs.delete(job);
      job.close();
      turnover.noteEnd();
    }
    leaving.clear();
  }

  async function remove(job: DecodeJob): Promise<void> {
    if (jobs.has(job)) {
      leaving.add(job);
      job.end();
      if (!advancing) sweep();
    }
    return job.closed;
  }

  return {
    get hasWork() {
      if (prompts.size > 0) return true;
      const places = placesOf(jobs, limits);
      if ([...jobs].some((job) => !job.ended && (job.hasWork || places.isFor(job)))) return true;
      return givesUpIn(jobs, limits, now()) === 0;
    },
    get givesUpIn() {
      return givesUpIn(jobs, limits, now());
    },
    add(task) {
      if (jobs.size >= limits.maxCalls) giveUpStalled(jobs, limits, now());
      if (jobs.size >= limits.maxCalls) throw busy(jobs.size, turnover.retryAfterMs);
      const job = createJob(createRun(task, backend), prompts, {
        onWork,
        onEnd: (ended) => void remove(ended),
        now,
      });
      jobs.add(job);
      onWork();
      return job;
    },
    remove,
    addPrompt(request, listener) {
      const withdraw = prompts.add(request, listener);
      onWork();
      return withdraw;
    },
    async advance() {
      if (givesUpIn(jobs, limits, now()) === 0) giveUpStalled(jobs, limits, now());
      advancing = true;
      rounds++;
      try {
        await runRound({ jobs, prompts, slices, backend, limits, now, sweep });
      } catch (error) {
        // Nobody may wait for what never comes.
        for (const job of jobs) job.fail(error);
        prompts.fail(error);
      } finally {
        advancing = false;
        sweep();
      }
    },
    limit(changes) {
      limits = changeLimits(limits, changes);
    },
    stats: () => statsOf(jobs, prompts, rounds),
  };
}

function busy(calls: number, retryAfterMs: number): HalfspaceError {
  const seconds = Math.ceil(retryAfterMs / 1000);
  return new HalfspaceError(
    'busy',
    `${calls} calls are being served or wait already. Come back when some have ended, in about ${seconds} s.`,
    { retryAfterMs },
  );
}

function statsOf(jobs: ReadonlySet<DecodeJob>, { size, counts }: PromptQueue, rounds: number): EngineStats {
  let live = 0;
  for (const { pool } of jobs) live += pool.live.size;
  const { run: promptTokens, cached: cachedTokens } = counts;
  return { jobs: jobs.size, live, waitingPrompts: size, rounds, promptTokens, cachedTokens };
}
