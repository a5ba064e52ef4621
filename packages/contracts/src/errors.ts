import { describeValue } from './complaint-of.js';
import type { ErrorCode } from './error-codes.js';

/** What marks an error as one of Halfspace, in whichever copy of core. */
const BRAND = Symbol.for('halfspace.error');

/** How deep into the causes of an error its JSON goes: causes may go round in a circle. */
const MOST_CAUSES = 8;

/** An error as JSON has it. */
export interface ErrorRecord {
  /** `HalfspaceError`, or the name of the lower-level error that is a cause. */
  readonly name: string;
  /** Stable identifier, which any text may be: records are read from files, too. Of a cause only where it has one. */
  readonly code?: string;
  /** For people. */
  readonly message: string;
  /** As {@link HalfspaceError.retryAfterMs}. */
  readonly retryAfterMs?: number;
  /** The error behind it; a text where something else than an error was thrown. */
  readonly cause?: ErrorRecord | string;
}

/**
 * The one error type of Halfspace. `code` is stable and meant for programs; the message says what was
 * wrong and what to do about it, and is meant for people.
 */
export class HalfspaceError extends Error {
  /** What `String(error)` begins with. */
  override readonly name = 'HalfspaceError';

  /** Milliseconds after which it is worth trying again, where that is known: an HTTP server may answer with it as `Retry-After`. */
  declare readonly retryAfterMs?: number;

  static {
    // Not a field: it is of no interest to who prints an error.
    Object.defineProperty(this.prototype, BRAND, { value: true });
  }

  /**
   * @param code - Stable identifier in kebab-case, e.g. `unknown-attribute`; one of your own is declared in `CustomErrorCodes`.
   * @param message - What was wrong and what to do, as a colleague would put it.
   * @param options - `cause`: the lower-level error behind this one, if any; `retryAfterMs`: when it is worth trying again, if that is known.
   */
  constructor(
    readonly code: ErrorCode,
    message: string,
    options: { cause?: unknown; retryAfterMs?: number } = {},
  ) {
    super(message, options);
    if (options.retryAfterMs !== undefined) this.retryAfterMs = options.retryAfterMs;
  }

  /** What `JSON.stringify` makes of it: name, code, message, `retryAfterMs` and causes, which of an `Error` it leaves out. It never throws. */
  toJSON(): ErrorRecord {
    const { name, code, message, retryAfterMs } = this;
    const known = { name, code, message, ...(retryAfterMs !== undefined && { retryAfterMs }) };
    return { ...known, ...causeRecord(this, MOST_CAUSES) };
  }
}

/**
 * Whether `error` is a {@link HalfspaceError}, with the given code if one is asked for: also one of another copy of this
 * package, of which `instanceof` knows nothing. Takes anything, and never throws.
 */
export function isHalfspaceError(error: unknown, code?: ErrorCode): error is HalfspaceError {
  try {
    if (typeof error !== 'object' || error === null) return false;
    const fields = error as Readonly<Record<PropertyKey, unknown>>;
    // The name, too: a copy of another version, or an error that has come through a worker, may have no brand.
    if (fields[BRAND] !== true && fields['name'] !== 'HalfspaceError') return false;
    const { code: own } = fields;
    return typeof own === 'string' && (code === undefined || own === code);
  } catch {
    return false;
  }
}

/**
 * Throws the error that every long-running call of Halfspace throws when its signal is aborted.
 *
 * @throws HalfspaceError `aborted`
 */
export function throwIfAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw abortedBy(signal);
}

/** The error `aborted` of a signal that is. */
export function abortedBy(signal: AbortSignal): HalfspaceError {
  return new HalfspaceError('aborted', 'The run was aborted by its signal.', { cause: signal.reason });
}

function causeRecord(error: object, left: number): Pick<ErrorRecord, 'cause'> {
  const cause = field(error, 'cause');
  if (cause === undefined || left === 0) return {};
  return { cause: isErrorLike(cause) ? recordOf(cause, left - 1) : describeValue(cause) };
}

function recordOf(error: object, left: number): ErrorRecord {
  const code = field(error, 'code');
  return {
    name: describeValue(field(error, 'name') ?? 'Error'),
    ...(typeof code === 'string' && { code }),
    message: describeValue(field(error, 'message') ?? ''),
    ...causeRecord(error, left),
  };
}

function isErrorLike(value: unknown): value is object {
  return typeof value === 'object' && value !== null && typeof field(value, 'message') === 'string';
}

/** A property of an object that may refuse to be read. */
function field(object: object, name: string): unknown {
  try {
    return (object as Readonly<Record<string, unknown>>)[name];
  } catch {
    return undefined;
  }
}
