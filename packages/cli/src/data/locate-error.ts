import { type ErrorCode, HalfspaceError, isHalfspaceError } from '@halfspace/core';

/** Errors that are about one row. */
const OF_A_ROW: readonly ErrorCode[] = ['bad-row', 'context-overflow', 'empty-response'];

/**
 * Says of an error about a row where that row stands. Other errors pass as they are.
 *
 * @param place - E.g. `train.jsonl:12`.
 */
export function locateError(place: string, error: unknown): unknown {
  if (!isHalfspaceError(error) || !OF_A_ROW.includes(error.code)) return error;
  return new HalfspaceError(error.code, `${place}: ${error.message}`, { cause: error });
}
