import { randomUUID } from 'node:crypto';
import type { ServerOptions } from '../server-options.js';
import { type ApiError, apiErrorOf } from './api-error.js';
import type { LogEntry } from './log-entry.js';
import { errorResponse } from './respond.js';
import { createTurn, type Turn } from './turn.js';

/**
 * Answers a request by a function, and tells how it went. What the function throws becomes an answer.
 *
 * @param name - Of the route, for figures.
 */
export type RunTurn = (
  request: Request,
  name: string,
  serve: (turn: Turn) => Response | Promise<Response>,
) => Promise<Response>;

/**
 * Makes what answers requests.
 *
 * @param count - Told of each, with the name of its route, when it is over.
 */
export function createTurns(
  { logTexts = false, onRequest }: Pick<ServerOptions, 'logTexts' | 'onRequest'>,
  count: (entry: LogEntry, route: string) => void,
): RunTurn {
  return async (request, name, serve) => {
    const turn = createTurn(request, randomUUID(), logTexts, (entry) => {
      count(entry, name);
      onRequest?.(entry);
    });
    let error: ApiError | undefined;
    const response = await Promise.resolve()
      .then(async () => serve(turn))
      .catch((thrown: unknown) => errorResponse((error = apiErrorOf(thrown))));
    response.headers.set('x-request-id', turn.id);
    if (!turn.postponed) turn.finish(response.status, error);
    return response;
  };
}
