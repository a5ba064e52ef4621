/**
 * The one error type of Halfspace. `code` is stable and meant for programs; the message says what was
 * wrong and what to do about it, and is meant for people.
 */
export class HalfspaceError extends Error {
  /** What `String(error)` begins with. */
  override readonly name = 'HalfspaceError';

  /**
   * @param code - Stable identifier in kebab-case, e.g. `unknown-attribute`.
   * @param message - What was wrong and what to do, as a colleague would put it.
   * @param options - `cause`: the lower-level error behind this one, if any.
   */
  constructor(
    readonly code: string,
    message: string,
    options?: { cause?: unknown },
  ) {
    super(message, options);
  }
}

/** Whether `error` is a {@link HalfspaceError}, with the given code if one is asked for. */
export function isHalfspaceError(error: unknown, code?: string): error is HalfspaceError {
  return error instanceof HalfspaceError && (code === undefined || error.code === code);
}

/**
 * Throws the error that every long-running call of Halfspace throws when its signal is aborted.
 *
 * @throws HalfspaceError `aborted`
 */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) {
    throw new HalfspaceError('aborted', 'The run was aborted by its signal.', { cause: signal.reason });
  }
}
