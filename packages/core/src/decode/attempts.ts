import type { Completion, StreamEvent } from './completion.js';
import type { Redraw } from '../options/redraw.js';

/** A finished attempt, and what a stream would have said of it. */
export interface Attempt {
  readonly completion: Completion;
  readonly events: readonly StreamEvent[];
  /** By how much its margins are below what was asked for, in log-odds, over all attributes; 0 where they are not. */
  readonly shortfall: number;
}

/** What was done for a completion before its present attempt. */
export interface EarlierAttempts {
  /** When the first was started. */
  readonly startedAt: number;
  /** The one that falls short by least, with the evaluations of all. */
  readonly best: Attempt;
}

/**
 * By how much a completion falls short of what is asked for, if anything is. One that has no text falls short of nothing; nor does one
 * that an error ended, which is told.
 */
export function shortfallOf(redraw: Redraw | undefined, { margins, error }: Completion): number {
  if (redraw === undefined || error !== undefined) return 0;
  const shortfalls = Object.entries(redraw.ifMeanBelow).map(([name, least]) =>
    Math.max(0, least - margins[name].mean),
  );
  return shortfalls.reduce((sum, each) => sum + (Number.isNaN(each) ? 0 : each), 0);
}

/**
 * The attempt that falls short by less, the earlier one of equals, with the cost of both.
 *
 * @param attempt - The later one; its figures of cost include those of attempts before it.
 */
export function betterOf(earlier: Attempt | undefined, attempt: Attempt): Attempt {
  if (earlier === undefined || attempt.shortfall < earlier.shortfall) return attempt;
  const { evaluations, timing, attempts } = attempt.completion;
  const completion = {
    ...earlier.completion,
    evaluations,
    timing,
    ...(attempts !== undefined && { attempts }),
  };
  return { ...earlier, completion };
}

/** Which attempt of which completion is to be written. */
export interface NextAttempt {
  /** Of the prompt. */
  readonly index: number;
  readonly sample: number;
  /** From 0. */
  readonly attempt: number;
  readonly earlier?: EarlierAttempts;
}

/** Attempts that are still to be begun. */
export interface AttemptQueue {
  readonly hasMore: boolean;
  /** The prompt of the next, as an index. */
  readonly nextIndex: number | undefined;
  /** The next: of a completion that is drawn anew, or else the first of one. */
  take(): NextAttempt | undefined;
  /** A further attempt of a completion. */
  add(next: NextAttempt): void;
}

/**
 * The attempts of all completions.
 *
 * @param order - Indices of prompts, in the order in which they are begun.
 * @param samples - Completions of each.
 */
export function createAttemptQueue(order: readonly number[], samples: number): AttemptQueue {
  const again: NextAttempt[] = [];
  const total = order.length * samples;
  let started = 0;

  function first(): NextAttempt | undefined {
    if (started === total) return undefined;
    const index = order[Math.floor(started / samples)];
    return { index, sample: started++ % samples, attempt: 0 };
  }

  return {
    get hasMore() {
      return again.length > 0 || started < total;
    },
    get nextIndex() {
      return again[0]?.index ?? order[Math.floor(started / samples)];
    },
    take: () => again.shift() ?? first(),
    add: (next) => void again.push(next),
  };
}
