import { prefillWhole } from '../prefill-whole.js';
import { marginsOf } from '../step/margins/margins-of.js';
import type { CheckedOptions } from '../options/options.js';
import type { Steering } from '../step/bonus/steering.js';
import { betterOf, shortfallOf, type NextAttempt } from './attempts.js';
import type { StreamEvent } from './completion.js';
import type { DecodeRun } from './decode-task.js';
import { finishCompletion, startCompletion, type LiveCompletion, type PromptRun } from './live-completion.js';
import { groupPrompts } from './prompt-groups.js';
import type { Ending } from './outcome.js';
import { recordEvents } from './record-events.js';

/** Rows that a step of steered decoding is expected to evaluate when top-k sets no limit. */
const ROWS_WITHOUT_TOP_K = 64;

/** Rows that it is expected to evaluate where look-ahead can be lazy. */
const ROWS_WHEN_LAZY = 3;

/** The completions of a task: those that are being written, and those still to be started. */
export interface Pool {
  /** Being written, in the order they were started. */
  readonly live: ReadonlySet<LiveCompletion>;
  /** Whether all have been given out. */
  readonly done: boolean;
  /** Starts completions until as many are being written as may be, those to be drawn anew first. */
  fill(): Promise<void>;
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

/** Makes the pool of a run. */
export function createPool(run: DecodeRun): Pool {
  const { backend, prompts, options } = run;
  const live = new Set<LiveCompletion>();
  const groups = groupPrompts(
    prompts,
    prompts.map(({ steering }) => rowsPerStep(steering, options.topK)),
  );
  /** By the number of their group. */
  const runs = new Map<number, PromptRun>();
  const again: NextAttempt[] = [];
  const total = prompts.length * options.samples;
  let started = 0;

  /** Of the completion that is next in order. */
  function firstAttempt(): NextAttempt | undefined {
    if (started === total) return undefined;
    const { samples } = options;
    const index = groups.order[Math.floor(started / samples)];
    return { index, sample: started++ % samples, attempt: 0 };
  }

  /** Gives out a completion that has ended, or has it drawn anew. */
  function finish(each: LiveCompletion, ending: Ending): StreamEvent[] {
    const { ready: origin, key, earlier, held, startedAt } = each;
    live.delete(each);
    backend.release(each.context);
    const completion = finishCompletion(each, ending, run);
    const attempt = { completion, events: held, shortfall: shortfallOf(options.redraw, completion) };
    const best = betterOf(earlier?.best, attempt);
    if (attempt.shortfall > 0 && key.attempt + 1 < mostAttempts(options)) {
      again.push({
        index: origin.index,
        sample: key.sample,
        attempt: key.attempt + 1,
        earlier: { startedAt, best },
      });
      return [];
    }
    const shared = origin.run;
    shared.unfinished--;
    if (shared.unfinished === 0) {
      runs.delete(groups.groupOf[origin.index]);
      backend.release(shared.context);
    }
    return [...best.events, { type: 'completion', completion: best.completion }];
  }

  return {
    live,
    get done() {
      return live.size === 0 && again.length === 0 && started === total;
    },
    async fill() {
      while (live.size < options.concurrency) {
        const next = again.shift() ?? firstAttempt();
        if (next === undefined) return;
        const { index } = next;
        const group = groups.groupOf[index];
        const shared =
          runs.get(group) ?? (await runPrompt(index, options.samples * groups.sizes[group], run));
        runs.set(group, shared);
        const origin = { index, prompt: prompts[index], run: shared };
        live.add(startCompletion(origin, backend.fork(shared.context), next, options));
      }
    },
    report(each, ending) {
      const reason = recordEvents(each, ending, run);
      const events = options.redraw === undefined ? each.held.splice(0) : [];
      return reason === undefined ? events : [...events, ...finish(each, reason)];
    },
    close() {
      for (const { context } of runs.values()) backend.release(context);
      for (const { context } of live) backend.release(context);
    },
  };
}

/**
 * Runs a prompt, for all that are the same.
 *
 * @param unfinished - Completions that will start from it.
 */
async function runPrompt(index: number, unfinished: number, run: DecodeRun): Promise<PromptRun> {
  const { backend, meter, attributes, signal, options } = run;
  const prompt = run.prompts[index];
  const begin = performance.now();
  const { tokens } = prompt;
  const request = {
    tokens,
    rowsPerStep: rowsPerStep(prompt.steering, options.topK),
    layers: meter.layers,
    from: tokens.length - 1,
  };
  const prefill = await prefillWhole(backend, request, signal);
  const { context, cachedTokens } = prefill;
  try {
    const state = meter.stateAt(prefill, 0);
    const margins = marginsOf(state, attributes);
    return { context, state, margins, promptMs: performance.now() - begin, cachedTokens, unfinished };
  } catch (error) {
    backend.release(context);
    throw error;
  }
}

/** Attempts at a completion; without noise another one would be the same. */
function mostAttempts({ redraw, temperature }: CheckedOptions): number {
  return temperature === 0 ? 1 : (redraw?.maxAttempts ?? 1);
}

/** The same for lazy and eager look-ahead, because the text must be. */
function rowsPerStep({ steers, lazy, textual }: Steering, topK: number): number {
  if (!steers || textual) return 1;
  return lazy ? ROWS_WHEN_LAZY : topK || ROWS_WITHOUT_TOP_K;
}
