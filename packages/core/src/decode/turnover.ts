/** Shortest and longest time after which it is worth coming back, in milliseconds. */
const [SHORTEST, LONGEST] = [1000, 60_000];

/** What share of what is known is left when the next call has ended. */
const FADING = 0.9;

/** How often a call ends, and so makes room for another one. */
export interface Turnover {
  /** Notes that a call has ended. */
  noteEnd(): void;
  /** Milliseconds after which a call that finds no room should come back: by then one has ended as a rule. From 1 s to 1 minute. */
  readonly retryAfterMs: number;
}

/** @param now - Milliseconds of a clock. */
export function createTurnover(now: () => number): Turnover {
  let last = now();
  let between: number | undefined;
  return {
    noteEnd() {
      const time = now();
      const gap = time - last;
      between = between === undefined ? gap : FADING * between + (1 - FADING) * gap;
      last = time;
    },
    get retryAfterMs() {
      // Where none has ended for long, none will soon.
      const expected = Math.max(between ?? 0, now() - last);
      return Math.ceil(Math.min(LONGEST, Math.max(SHORTEST, expected)));
    },
  };
}
