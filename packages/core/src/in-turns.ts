import { throwIfAborted } from '@halfspace/contracts';

/** Milliseconds of work after which others have their turn. */
const TURN_MS = 50;

/**
 * Maps items by quick work that does not wait, of which there may be much: every 50 ms timers, signals of the system and other
 * work have their turn, and it ends if it is to be aborted.
 *
 * @throws HalfspaceError `aborted`; what `work` throws
 * @beta
 */
export async function inTurns<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => R,
  signal?: AbortSignal,
): Promise<R[]> {
  const done: R[] = [];
  let since = performance.now();
  for (const [index, item] of items.entries()) {
    if (performance.now() - since > TURN_MS) {
      await new Promise((resolve) => {
        setTimeout(resolve);
      });
      throwIfAborted(signal);
      since = performance.now();
    }
    done.push(work(item, index));
  }
  return done;
}
