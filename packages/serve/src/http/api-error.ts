import { type ErrorCode, isHalfspaceError } from '@halfspace/core';

/** What is wrong with a request or a server, in the shape of OpenAI's API. */
export interface ErrorBody {
  /** The one field. */
  readonly error: {
    /** For people. */
    readonly message: string;
    /** Whose fault it is, in OpenAI's words. */
    readonly type: ErrorType;
    /** The field of the request that is at fault, such as `messages.0.role`; null where there is none. */
    readonly param: string | null;
    /** For programs. */
    readonly code: string;
  };
}

/** Kinds of errors. */
export type ErrorType =
  | 'invalid_request_error'
  | 'authentication_error'
  | 'rate_limit_error'
  | 'timeout_error'
  | 'server_error';

/** Statuses that errors have; 499 is nginx's for a client that has gone. */
export type ErrorStatus = 400 | 401 | 403 | 404 | 405 | 413 | 415 | 429 | 499 | 500 | 503 | 504;

const TYPES: Readonly<Partial<Record<ErrorStatus, ErrorType>>> = {
  401: 'authentication_error',
  429: 'rate_limit_error',
  500: 'server_error',
  503: 'server_error',
  504: 'timeout_error',
};

/** An error that a client is told. */
export class ApiError extends Error {
  /** What `String(error)` begins with. */
  override readonly name = 'ApiError';

  /**
   * @param status - Of the response.
   * @param code - For programs.
   * @param message - For people: what was wrong and what to do.
   * @param details - `param`: the field at fault. `retryAfterMs`: when to come back. `cause`: for the log alone.
   */
  constructor(
    readonly status: ErrorStatus,
    readonly code: string,
    message: string,
    readonly details: {
      readonly param?: string | null;
      readonly retryAfterMs?: number | undefined;
      readonly cause?: unknown;
    } = {},
  ) {
    super(message, { cause: details.cause });
  }

  /** As the body of a response. */
  get body(): ErrorBody {
    const { message, code, status, details } = this;
    return {
      error: { message, type: TYPES[status] ?? 'invalid_request_error', param: details.param ?? null, code },
    };
  }
}

/** A request that cannot be served as it is. */
export function badRequest(param: string | null, message: string, code = 'invalid_value'): ApiError {
  return new ApiError(400, code, message, { param });
}

/** Errors of core that say what is wrong with a request, and the field that they are about, where it is always the same. */
const FAULTS: Readonly<Partial<Record<ErrorCode, string | null>>> = {
  'bad-chat-template': 'messages',
  'bad-filter': 'halfspace.filters',
  'bad-option': null,
  'bad-schema': 'response_format.json_schema.schema',
  'cannot-continue-turn': 'messages',
  'chat-template-limit': 'messages',
  'context-overflow': null,
  'empty-prompt': null,
  'empty-response': 'response',
  'formula-invalid': null,
  'formula-not-finite': 'halfspace.formula',
  'grammar-too-large': 'response_format.json_schema.schema',
  'no-candidate-left': 'halfspace.filters',
  'no-chat-template': 'messages',
  'no-subspace': 'halfspace',
  'subspace-of-another-model': 'halfspace',
  'unknown-attribute': 'halfspace',
  'unknown-token': 'logit_bias',
};

/** OpenAI's own words for some of them. */
const OPENAI_CODES: Readonly<Partial<Record<ErrorCode, string>>> = {
  'context-overflow': 'context_length_exceeded',
};

const RETRY_MS = 2000;

/**
 * Whatever was thrown, as a client is told it. What is not the request's fault says no more than that: no stack, and no
 * message of a plugin.
 */
export function apiErrorOf(error: unknown, param: string | null = null): ApiError {
  if (error instanceof ApiError) return error;
  if (!isHalfspaceError(error)) return serverError('internal_error', error);
  const { code, message } = error;
  const fault = FAULTS[code];
  if (fault !== undefined) {
    return new ApiError(400, OPENAI_CODES[code] ?? code, message, { param: fault ?? param, cause: error });
  }
  switch (code) {
    case 'busy':
      return busy(retryAfterOf(error));
    case 'aborted':
      return new ApiError(499, 'aborted', 'The client has ended the request.', { cause: error });
    case 'disposed':
      return new ApiError(503, 'stopped', 'The server has stopped.', { cause: error });
    default:
      return serverError(code, error);
  }
}

/** There is too much to do. */
export function busy(retryAfterMs = RETRY_MS): ApiError {
  return new ApiError(429, 'busy', 'The server is busy. Come back in a few seconds.', { retryAfterMs });
}

function retryAfterOf(error: object): number | undefined {
  const { retryAfterMs } = error as { readonly retryAfterMs?: unknown };
  return typeof retryAfterMs === 'number' && retryAfterMs >= 0 ? retryAfterMs : undefined;
}

function serverError(code: string, cause: unknown): ApiError {
  return new ApiError(500, code, 'The server has failed at this request. Its log says why.', { cause });
}
