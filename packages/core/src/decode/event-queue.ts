import { isHalfspaceError } from '@halfspace/contracts';
import type { StreamEvent } from './completion.js';

/** What has happened to the completions of a task, and has not been read yet. */
export interface EventQueue {
  /** Events that wait. */
  readonly size: number;
  push(events: readonly StreamEvent[]): void;
  /** Nothing comes any more. */
  end(): void;
  /** Nothing comes any more, and its reader gets an error; at once where it is `aborted`, because who aborts wants no more. */
  fail(error: unknown): void;
  /**
   * What has happened since it was asked last, once something has; undefined when all is told.
   *
   * @throws whatever it failed with
   */
  next(): Promise<readonly StreamEvent[] | undefined>;
}

/** An empty queue for one reader. */
export function createEventQueue(): EventQueue {
  let waiting: StreamEvent[] = [];
  let failure: { readonly error: unknown } | undefined;
  let ended = false;
  let wake: (() => void) | undefined;
  return {
    get size() {
      return waiting.length;
    },
    push(events) {
      waiting.push(...events);
      if (waiting.length > 0) wake?.();
    },
    end() {
      ended = true;
      wake?.();
    },
    fail(error) {
      failure = { error };
      if (isHalfspaceError(error, 'aborted')) waiting = [];
      wake?.();
    },
    async next() {
      while (waiting.length === 0 && failure === undefined && !ended) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      if (waiting.length === 0) {
        if (failure !== undefined) throw failure.error;
        return undefined;
      }
      const events = waiting;
      waiting = [];
      return events;
    },
  };
}
