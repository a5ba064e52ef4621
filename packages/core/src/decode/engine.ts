import { isHalfspaceError, throwIfAborted } from '@halfspace/contracts';
import type { PlannedStep } from '../step/stages.js';
import { advanceStep } from './advance-step.js';
import { beginSteps } from './begin-steps.js';
import type { StreamEvent } from './completion.js';
import { createRun, type DecodeTask } from './decode-task.js';
import type { LiveCompletion } from './live-completion.js';
import { measureSteps } from './measure-steps.js';
import type { Ending } from './outcome.js';
import { createPool } from './pool.js';

/** Decodes a task round by round; it never loops by itself. */
export interface Engine {
  /** Whether every completion has been given out. */
  readonly done: boolean;
  /**
   * Runs one round: one call of the output head, for the completions that begin a step, and one of the trunk, for
   * candidates of all.
   *
   * @returns What has happened to completions.
   * @throws HalfspaceError `aborted`, `not-finite`
   */
  advance(): Promise<StreamEvent[]>;
  /** Releases everything that is still held. */
  close(): void;
}

/**
 * Makes an engine for a pool of completions that advance together. A step takes one round, or a few where look-ahead is
 * lazy, while the others go on; the winner's keys and values are kept.
 */
export function createEngine(task: DecodeTask): Engine {
  const run = createRun(task);
  const pool = createPool(run);
  const steps = new Map<LiveCompletion, PlannedStep>();

  /** One round of the completions in the pool; says which of them have taken a step, and whether that ended them. */
  async function runRound(): Promise<Map<LiveCompletion, Ending | undefined>> {
    const endings = new Map<LiveCompletion, Ending | undefined>();
    const idle = [...pool.live].filter((each) => !steps.has(each));
    for (const [each, step] of await beginSteps(idle, run, pool.live.size)) {
      if (isHalfspaceError(step)) endings.set(each, step);
      else steps.set(each, step);
    }
    for (const [each, decided] of await measureSteps(steps, run)) {
      endings.set(each, isHalfspaceError(decided) ? decided : advanceStep(each, decided, run));
    }
    return endings;
  }

  return {
    get done() {
      return pool.done;
    },
    async advance() {
      throwIfAborted(run.signal);
      await pool.fill();
      const endings = await runRound();
      const events: StreamEvent[] = [];
      for (const each of pool.live) {
        if (!endings.has(each)) continue;
        steps.delete(each);
        events.push(...pool.report(each, endings.get(each)));
      }
      return events;
    },
    close: () => pool.close(),
  };
}
