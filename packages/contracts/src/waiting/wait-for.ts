import { abortedBy } from '../errors.js';
import { onAbort } from './on-abort.js';

/** Somebody was asked, and has not answered yet. */
export interface Waiting {
  /** Who is waited for, e.g. `the judge "loud"`. */
  readonly who: string;
  /** For how long by now. */
  readonly seconds: number;
}

/** How to wait. */
export interface WaitOptions {
  /** Who is waited for, for messages. */
  readonly who: string;
  /** Milliseconds that it may take (default: any number). */
  readonly timeoutMs?: number | undefined;
  /** Ends the waiting with the error `aborted`. */
  readonly signal?: AbortSignal | undefined;
  /** Told after ten seconds, after twenty, forty and so on (default: a warning of the process). */
  readonly onWaiting?: ((waiting: Waiting) => void) | undefined;
}

/** When it is first said that an answer is waited for. */
const PATIENCE_MS = 10_000;
const LONGEST_DELAY_MS = 2 ** 31 - 1;

/**
 * Waits for what may never come. A promise alone keeps no program alive: Node ends one that waits for nothing else, without
 * a word. This keeps it alive, says who is waited for, and ends the waiting in time.
 *
 * @throws HalfspaceError `aborted`; Error when the time is up; whatever the answer is rejected with
 */
export async function waitFor<T>(answer: PromiseLike<T> | T, options: WaitOptions): Promise<T> {
  const { signal, timeoutMs } = options;
  const stops: (() => void)[] = [];
  const end = new Promise<never>((_, reject) => {
    if (signal !== undefined) stops.push(onAbort(signal, () => reject(abortedBy(signal))));
    if (timeoutMs === undefined) return;
    const late = () => reject(new Error(`it gave no answer within ${timeoutMs} ms`));
    const timer = setTimeout(late, timeoutMs);
    stops.push(() => clearTimeout(timer));
  });
  stops.push(keepTelling(options));
  try {
    return await Promise.race([answer, end]);
  } finally {
    for (const stop of stops) stop();
  }
}

/** @returns Stops telling. */
function keepTelling({ who, onWaiting = warn }: WaitOptions): () => void {
  let waited = 0;
  let timer: NodeJS.Timeout | undefined;
  function next(delay: number): void {
    timer = setTimeout(
      () => {
        waited += delay;
        next(waited);
        onWaiting({ who, seconds: waited / 1000 });
      },
      Math.min(delay, LONGEST_DELAY_MS),
    );
  }
  next(PATIENCE_MS);
  return () => clearTimeout(timer);
}

function warn({ who, seconds }: Waiting): void {
  const message = `Still waiting for ${who}, for ${seconds} seconds now.`;
  // A page has no process.
  if (globalThis.process?.emitWarning !== undefined) process.emitWarning(message);
  // oxlint-disable-next-line no-console -- where browsers show warnings
  else console.warn(message);
}
