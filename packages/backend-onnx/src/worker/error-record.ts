import { HalfspaceError, isHalfspaceError, type ErrorRecord } from '@halfspace/core';

/** How deep the causes of an error are carried. */
const MOST_CAUSES = 8;

/** What is sent of something that was thrown: a message keeps neither the class of an error nor its code. */
export function recordOfError(thrown: unknown): ErrorRecord {
  if (isHalfspaceError(thrown) && typeof thrown.toJSON === 'function') return thrown.toJSON();
  if (!(thrown instanceof Error)) return { name: 'Error', message: String(thrown) };
  const { name, message } = thrown;
  const { code } = thrown as NodeJS.ErrnoException;
  return { name, message, ...(typeof code === 'string' && { code }) };
}

/** The error that a record was made of. */
export function errorOfRecord(record: ErrorRecord, left = MOST_CAUSES): Error {
  const { name, message, code, cause } = record;
  const options =
    cause === undefined || left === 0
      ? undefined
      : { cause: typeof cause === 'string' ? cause : errorOfRecord(cause, left - 1) };
  // A code is whatever the other side threw, of which both have the same version.
  if (name === 'HalfspaceError' && code !== undefined)
    return new HalfspaceError(code as HalfspaceError['code'], message, options);
  const error = Object.assign(new Error(message, options), code === undefined ? {} : { code });
  Object.defineProperty(error, 'name', { value: name, configurable: true });
  return error;
}
