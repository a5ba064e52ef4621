import { marginsOf } from '../step/margins/margins-of.js';
import type { CheckedOptions } from '../options/options.js';
import type { Steering } from '../step/bonus/steering.js';
import type { DecodeRun } from './decode-task.js';
import type { PromptRun } from './live-completion.js';
import { groupPrompts, type PromptGroups } from './prompt-groups.js';
import type { PromptQueue, WholePrefill, WholePrefillRequest } from './prompt-queue.js';

/** Rows that a step of steered decoding is expected to evaluate when top-k sets no limit. */
const ROWS_WITHOUT_TOP_K = 64;

/** Rows that it is expected to evaluate where look-ahead can be lazy. */
const ROWS_WHEN_LAZY = 3;

/** The prompts of a task as they are run: once for all that are the same, and held until the last of those is done. */
export interface PromptRuns {
  readonly groups: PromptGroups;
  /** Candidates that a step of a completion is expected to run, by the index of its prompt. */
  readonly rows: readonly number[];
  /** The run of a prompt, given by its index, once it is there. */
  of(index: number): PromptRun | undefined;
  /** Has a prompt run, if it is not yet. */
  ask(index: number): void;
  /** Notes that a completion of a prompt is done. */
  finish(index: number): void;
  /** Releases what is held, and withdraws what waits. */
  close(): void;
}

/** Who is told what. */
export interface PromptRunsListener {
  /** A prompt has been run. */
  readonly onRun: () => void;
  /** A prompt could not be run. */
  readonly onFailure: (error: unknown) => void;
}

/** Nothing has been run yet. */
export function createPromptRuns(
  run: DecodeRun,
  queue: PromptQueue,
  listener: PromptRunsListener,
): PromptRuns {
  const { backend, prompts, options } = run;
  const groups = groupPrompts(
    prompts,
    prompts.map(({ steering }) => rowsPerStep(steering, options.topK)),
  );
  const rows = prompts.map(({ steering }) => expectedRows(steering, options));
  /** By the number of their group. */
  const runs = new Map<number, PromptRun>();
  /** Of groups whose prompt waits: takes it out of the queue. */
  const asked = new Map<number, () => void>();

  return {
    groups,
    rows,
    of: (index) => runs.get(groups.groupOf[index]),
    ask(index) {
      const group = groups.groupOf[index];
      if (runs.has(group) || asked.has(group)) return;
      const begin = performance.now();
      const withdraw = queue.add(requestOf(index, run), {
        onDone(prefill) {
          asked.delete(group);
          try {
            const unfinished = options.samples * groups.sizes[group];
            runs.set(group, { ...promptRunOf(prefill, run, begin), unfinished });
            listener.onRun();
          } catch (error) {
            listener.onFailure(error);
          }
        },
        onFailure: (error) => listener.onFailure(error),
      });
      asked.set(group, withdraw);
    },
    finish(index) {
      const group = groups.groupOf[index];
      const shared = runs.get(group);
      if (shared === undefined || --shared.unfinished > 0) return;
      runs.delete(group);
      backend.release(shared.context);
    },
    close() {
      for (const withdraw of asked.values()) withdraw();
      for (const { context } of runs.values()) backend.release(context);
    },
  };
}

/** What is asked of the backend for a prompt. */
function requestOf(index: number, { prompts, options, marginReader }: DecodeRun): WholePrefillRequest {
  const { tokens, steering } = prompts[index];
  const rows = rowsPerStep(steering, options.topK);
  return { tokens, rowsPerStep: rows, layers: marginReader.layers, from: tokens.length - 1 };
}

/** A prompt that has been run, for all that are the same. */
function promptRunOf(
  prefill: WholePrefill,
  { backend, marginReader, attributes }: DecodeRun,
  begin: number,
): Omit<PromptRun, 'unfinished'> {
  const { context, cachedTokens } = prefill;
  try {
    const state = marginReader.stateAt(prefill, 0);
    const margins = marginsOf(state, attributes);
    return { context, state, margins, promptMs: performance.now() - begin, cachedTokens };
  } catch (error) {
    backend.release(context);
    throw error;
  }
}

/** Candidates that a step runs, about. */
function expectedRows(steering: Steering, { topK, lookAhead, trace }: CheckedOptions): number {
  const all = lookAhead === 'eager' || trace;
  return rowsPerStep(all ? { ...steering, lazy: false } : steering, topK);
}

/** The same for lazy and eager look-ahead, because the text must be. */
function rowsPerStep(
  { steers, lazy, textual }: Pick<Steering, 'steers' | 'lazy' | 'textual'>,
  topK: number,
): number {
  if (!steers || textual) return 1;
  return lazy ? ROWS_WHEN_LAZY : topK || ROWS_WITHOUT_TOP_K;
}
