import { type ErrorCode, HalfspaceError } from '@halfspace/core';
import ky, { HTTPError, TimeoutError } from 'ky';

/** Times that a request is sent again. */
const RETRIES = 5;
/** The longest pause between two tries, also where the service asks for more. */
const LONGEST_PAUSE_MS = 60_000;
const TIMEOUT_MS = 120_000;
/** As much of an answer as helps to understand it. */
const SHOWN = 300;

/** A request to a service on the network. */
export interface ServiceRequest {
  /** Who is asked, for messages: never the address, which may hold a key. */
  readonly service: string;
  /** Where to. */
  readonly url: string;
  /** What is sent, as JSON. */
  readonly body: object;
  /** Sent as `Authorization: Bearer`, if there is one. */
  readonly key?: string | undefined;
  /** Ends the request. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Posts JSON and gives back the JSON of the answer. A service that is busy or cannot be reached is asked again, after
 * pauses that grow or that it asks for (`Retry-After`).
 *
 * @throws HalfspaceError `judge-refused` when the service says that the request or the key is no good;
 * `judge-unavailable` when it did not answer in the end
 */
export async function askService({ service, url, body, key, signal }: ServiceRequest): Promise<unknown> {
  try {
    return await ky
      .post(url, {
        json: body,
        timeout: TIMEOUT_MS,
        ...(key !== undefined && { headers: { authorization: `Bearer ${key}` } }),
        ...(signal && { signal }),
        retry: {
          limit: RETRIES,
          methods: ['post'],
          statusCodes: [408, 429, 500, 502, 503, 504],
          backoffLimit: LONGEST_PAUSE_MS,
          maxRetryAfter: LONGEST_PAUSE_MS,
        },
      })
      .json();
  } catch (error) {
    throw await explained(error, service);
  }
}

async function explained(error: unknown, service: string): Promise<unknown> {
  if (error instanceof HTTPError) {
    const { status } = error.response;
    const answer = (await error.response.text().catch(() => '')).slice(0, SHOWN).trim();
    const said = `${service} answered with status ${status}${answer === '' ? '' : `: ${answer}`}`;
    const [code, advice]: [ErrorCode, string] =
      status === 401 || status === 403
        ? ['judge-refused', 'Check the key and what it is allowed.']
        : status === 429 || status >= 500
          ? ['judge-unavailable', 'Go on later: what was judged is kept.']
          : ['judge-refused', 'Check the options of the judge.'];
    return new HalfspaceError(code, `${said}\n${advice}`, { cause: error });
  }
  if (error instanceof TimeoutError || error instanceof TypeError) {
    return new HalfspaceError(
      'judge-unavailable',
      `${service} could not be reached (${error.message}). Check the network and the address.`,
      { cause: error },
    );
  }
  return error;
}
