import { describeValue, didYouMean, HalfspaceError } from '@halfspace/core';

/** How much a request may ask for, and how many there may be. What asks for more is refused before work starts. */
export interface ServerLimits {
  /** Bytes of a request's body (default 1 MiB). */
  readonly maxBodyBytes: number;
  /** Requests that are worked on at once, those that wait for the model included (default 128); others get 429. */
  readonly maxRequests: number;
  /** Milliseconds that a request may take (default 600,000). */
  readonly maxMs: number;
  /** Tokens of a completion (default 4096); also what a request gets that asks for no number. */
  readonly maxTokens: number;
  /** Completions of a request, over all its prompts (default 16). */
  readonly maxCompletions: number;
  /** Messages of a conversation (default 1024). */
  readonly maxMessages: number;
  /** Candidates of a step, `topK` (default 100). */
  readonly maxCandidates: number;
  /** Attempts of `redraw` (default 16). */
  readonly maxAttempts: number;
  /** Filters of a request, and words of each (default 128). */
  readonly maxWords: number;
  /** Characters of a formula or of a schedule (default 1000). */
  readonly maxFormula: number;
}

/** The limits of a server of which nobody has said anything. */
export const DEFAULT_LIMITS: ServerLimits = {
  maxBodyBytes: 2 ** 20,
  maxRequests: 128,
  maxMs: 600_000,
  maxTokens: 4096,
  maxCompletions: 16,
  maxMessages: 1024,
  maxCandidates: 100,
  maxAttempts: 16,
  maxWords: 128,
  maxFormula: 1000,
};

/**
 * All limits, those that are given in place of the defaults.
 *
 * @throws HalfspaceError `bad-option`
 */
export function limitsWith(changes: Partial<ServerLimits> = {}): ServerLimits {
  for (const [name, value] of Object.entries(changes)) {
    const known = Object.keys(DEFAULT_LIMITS);
    if (!known.includes(name)) {
      throw new HalfspaceError(
        'bad-option',
        `There is no limit ${name}.${didYouMean(name, known)} There are ${known.join(', ')}.`,
      );
    }
    if (value !== undefined && !(Number.isSafeInteger(value) && value > 0)) {
      throw new HalfspaceError(
        'bad-option',
        `The limit ${name} must be a whole number above 0; got ${describeValue(value)}.`,
      );
    }
  }
  const given = Object.entries(changes).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_LIMITS, ...Object.fromEntries(given) };
}
