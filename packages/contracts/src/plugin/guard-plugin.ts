import { complaintOf } from '../complaint-of.js';
import { HalfspaceError, isHalfspaceError, throwIfAborted } from '../errors.js';

/**
 * What somebody else's code threw, as an error that names it; a HalfspaceError stays as it is.
 *
 * @param what - Whose code, such as `model source "shelf"`.
 */
export function pluginFailed(what: string, cause: unknown): HalfspaceError {
  if (isHalfspaceError(cause)) return cause;
  const complaint = complaintOf(cause).replace(/\.?$/, '.');
  return new HalfspaceError('plugin-failed', `The ${what} failed: ${complaint}`, { cause });
}

/**
 * Runs somebody else's code: what it throws of its own becomes an error that names it.
 *
 * @param what - Whose code, such as `model source "shelf"`.
 * @param signal - Where it is aborted by then, that is the error.
 * @throws HalfspaceError `plugin-failed`; `aborted`; those that `work` throws
 */
export async function guardPlugin<T>(
  what: string,
  work: () => T | PromiseLike<T>,
  signal?: AbortSignal,
): Promise<T> {
  try {
    return await work();
  } catch (cause) {
    if (!isHalfspaceError(cause)) throwIfAborted(signal);
    throw pluginFailed(what, cause);
  }
}
