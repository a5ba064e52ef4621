import type { CheckedOptions } from '../options/options.js';
import { betterOf, createAttemptQueue, shortfallOf, type NextAttempt } from './attempts.js';
import type { StreamEvent } from './completion.js';
import type { DecodeRun } from './decode-task.js';
import { finishCompletion, startCompletion, type LiveCompletion } from './live-completion.js';
import type { Ending } from './outcome.js';
import type { PromptQueue } from './prompt-queue.js';
import { createPromptRuns } from './prompt-runs.js';
import { recordEvents } from './record-events.js';

/** The completions of a task: those that are being written, and those still to be started. */
export interface Pool {
  /** Being written, in the order they were started. */
  readonly live: ReadonlySet<LiveCompletion>;
  /** How many are being written, or wait for their prompt to be run. */
  readonly size: number;
  /** Candidates that a step of all these is expected to run. */
  readonly rows: number;
  /** Whether there are any to start. */
  readonly hasMore: boolean;
  /** Candidates that a step of the next one is expected to run. */
  readonly nextRows: number;
  /** Whether all have been given out. */
  readonly done: boolean;
  /** Starts one, those to be drawn anew first; it waits for its prompt if that has not been run. */
  start(): void;
  /**
   * Notes that a completion has taken a step, or that an error has ended it.
   *
   * @param ending - Why it ended, if it did.
   * @returns What there is to say of it.
   */
  report(live: LiveCompletion, ending: Ending | undefined): StreamEvent[];
  /** Releases everything that is still held. */
  close(): void;
}

/** Who is told what. */
export interface PoolListener {
  /** A completion is being written. */
  readonly onStart: (live: LiveCompletion) => void;
  /** A prompt could not be run. */
  readonly onFailure: (error: unknown) => void;
}

/** Makes the pool of a run, whose prompts are run by way of a queue. */
export function createPool(run: DecodeRun, queue: PromptQueue, listener: PoolListener): Pool {
  const { backend, prompts, options } = run;
  const live = new Set<LiveCompletion>();
  const runs = createPromptRuns(run, queue, { onRun: begin, onFailure: listener.onFailure });
  /** They wait for their prompt. */
  let starting: NextAttempt[] = [];
  const attempts = createAttemptQueue(runs.groups.order, options.samples);
  const rowsOf = (index: number | undefined) => runs.rows[index ?? -1] ?? 0;

  /** Gives out a completion that has ended, or has it drawn anew. */
  function finish(each: LiveCompletion, ending: Ending): StreamEvent[] {
    const { ready: origin, key, earlier, held, startedAt } = each;
    live.delete(each);
    backend.release(each.context);
    const completion = finishCompletion(each, ending, run);
    const attempt = { completion, events: held, shortfall: shortfallOf(options.redraw, completion) };
    const best = betterOf(earlier?.best, attempt);
    if (attempt.shortfall > 0 && key.attempt + 1 < mostAttempts(options)) {
      attempts.add({
        index: origin.index,
        sample: key.sample,
        attempt: key.attempt + 1,
        earlier: { startedAt, best },
      });
      return [];
    }
    runs.finish(origin.index);
    return [...best.events, { type: 'completion', completion: best.completion }];
  }

  /** Starts those whose prompt has been run. */
  function begin(): void {
    starting = starting.filter((next) => {
      const shared = runs.of(next.index);
      if (shared === undefined) return true;
      const origin = { index: next.index, prompt: prompts[next.index], run: shared };
      const each = startCompletion(origin, backend.fork(shared.context), next, options);
      live.add(each);
      listener.onStart(each);
      return false;
    });
  }

  return {
    live,
    get size() {
      return live.size + starting.length;
    },
    get rows() {
      const indices = [...[...live].map(({ ready }) => ready.index), ...starting.map(({ index }) => index)];
      return indices.reduce((sum, index) => sum + rowsOf(index), 0);
    },
    get hasMore() {
      return attempts.hasMore;
    },
    get nextRows() {
      return rowsOf(attempts.nextIndex);
    },
    get done() {
      return live.size === 0 && starting.length === 0 && !attempts.hasMore;
    },
    start() {
      const next = attempts.take();
      if (next === undefined) return;
      starting.push(next);
      runs.ask(next.index);
      begin();
    },
    report(each, ending) {
      const reason = recordEvents(each, ending, run);
      const events = options.redraw === undefined ? each.held.splice(0) : [];
      return reason === undefined ? events : [...events, ...finish(each, reason)];
    },
    close() {
      runs.close();
      for (const { context } of live) backend.release(context);
    },
  };
}

/** Attempts at a completion; without noise another one would be the same. */
function mostAttempts({ redraw, temperature }: CheckedOptions): number {
  return temperature === 0 ? 1 : (redraw?.maxAttempts ?? 1);
}
