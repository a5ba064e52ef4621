import type { Completion } from '@halfspace/core';
import type { ApiError } from './api-error.js';
import type { LogEntry } from './log-entry.js';

type Noted = Partial<Omit<LogEntry, 'id' | 'method' | 'path' | 'status' | 'ms'>>;

/** A request on its way, and what is known of it for the log. */
export interface Turn {
  /** Of the request. */
  readonly id: string;
  /** Notes something for the log. */
  note(noted: Noted): void;
  /** Notes that something has come of it. */
  noteFirst(): void;
  /** Notes what was written. */
  noteCompletions(completions: readonly Completion[]): void;
  /** Its end is told by somebody else, when a stream is over. */
  postpone(): void;
  /** Whether it was. */
  readonly postponed: boolean;
  /** It is over. Idempotent. */
  finish(status: number, error?: ApiError): void;
}

/**
 * Begins a request.
 *
 * @param withTexts - Whether its texts are noted.
 * @param onFinish - Told of it once, in the end.
 */
export function createTurn(
  request: Request,
  id: string,
  withTexts: boolean,
  onFinish: (entry: LogEntry) => void,
): Turn {
  const started = performance.now();
  let noted: Noted = {};
  let finished = false;
  let postponed = false;
  const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0);

  return {
    id,
    get postponed() {
      return postponed;
    },
    note(more) {
      noted = { ...noted, ...more };
    },
    noteFirst() {
      noted = { firstMs: performance.now() - started, ...noted };
    },
    noteCompletions(completions) {
      const firsts = completions.filter(({ sample }) => sample === 0);
      noted = {
        ...noted,
        promptTokens: sum(firsts.map(({ promptTokens }) => promptTokens)),
        cachedTokens: sum(firsts.map(({ cachedTokens }) => cachedTokens)),
        completionTokens: sum(completions.map(({ tokens }) => tokens.length)),
        ...(withTexts && {
          texts: {
            prompts: firsts.map(({ prompt }) => prompt),
            completions: completions.map(({ text }) => text),
          },
        }),
      };
    },
    postpone() {
      postponed = true;
    },
    finish(status, error) {
      if (finished) return;
      finished = true;
      const cause = error !== undefined && error.status >= 500 ? error.details.cause : undefined;
      onFinish({
        id,
        method: request.method,
        path: new URL(request.url).pathname,
        ...noted,
        status: error?.status ?? status,
        ms: performance.now() - started,
        ...(error !== undefined && { error: error.code }),
        ...(cause !== undefined && { cause }),
      });
    },
  };
}
