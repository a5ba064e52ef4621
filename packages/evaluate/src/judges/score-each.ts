import PQueue from 'p-queue';

/** How many requests at once, and how many in a time. */
export interface Pace {
  /** Requests at the same time. */
  readonly concurrency: number;
  /** Requests a second, if they are limited. */
  readonly perSecond?: number | undefined;
}

/** Asks about each of some items in its own request, at a pace that is kept across calls; the first error ends the rest. */
export function createPacedScorer<T>(
  { concurrency, perSecond }: Pace,
  scoreOne: (item: T, signal: AbortSignal) => Promise<number>,
): (items: readonly T[], signal: AbortSignal | undefined) => Promise<number[]> {
  const queue = new PQueue({
    concurrency,
    // One at a time, evenly: services count in windows that nobody knows the beginning of.
    ...(perSecond !== undefined && { interval: Math.ceil(1000 / perSecond), intervalCap: 1 }),
  });
  return async (items, signal) => {
    const failed = new AbortController();
    const either = signal ? AbortSignal.any([signal, failed.signal]) : failed.signal;
    const work = items.map((item) => async () => scoreOne(item, either));
    try {
      return await queue.addAll(work, { signal: either });
    } catch (error) {
      failed.abort(error);
      throw error;
    }
  };
}
