import type { ApiError } from './api-error.js';

/** A value as the answer to a request. */
export function jsonResponse(
  value: unknown,
  status = 200,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify(value), {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
  });
}

/** An error as the answer to a request. */
export function errorResponse({ status, body, details }: ApiError): Response {
  const { retryAfterMs } = details;
  return jsonResponse(body, status, {
    ...(retryAfterMs !== undefined && { 'retry-after': String(Math.max(1, Math.ceil(retryAfterMs / 1000))) }),
    ...(status === 401 && { 'www-authenticate': 'Bearer' }),
  });
}
