import { type ErrorCode, type HalfspaceError, isHalfspaceError } from '@halfspace/contracts';
import type { FinishReason } from './completion.js';

/** Why a completion ended: a reason, or the error that ended it. */
export type Ending = Exclude<FinishReason, 'error'> | HalfspaceError;

/** Errors that end one completion and no other. */
const OWN_ERRORS: readonly ErrorCode[] = [
  'attribute-failed',
  'filter-failed',
  'formula-not-finite',
  'no-candidate-left',
];

/** The result of some work, or the error that ends its own completion. */
export async function outcomeOf<T>(work: Promise<T>): Promise<T | HalfspaceError> {
  try {
    return await work;
  } catch (error) {
    if (isOwnError(error)) return error;
    throw error;
  }
}

/** Whether an error ends one completion and no other. */
export function isOwnError(error: unknown): error is HalfspaceError {
  return isHalfspaceError(error) && OWN_ERRORS.includes(error.code);
}
