import { createHalfspace, defineAttribute, defineFilter, type Halfspace } from '@halfspace/core';
import { createToyBackend, toyAttribute, type ToyBackend, type ToyOptions } from '@halfspace/core/testing';
import { createServer, type Server } from '../create-server.js';
import type { LogEntry } from '../http/log-entry.js';
import type { ServerOptions } from '../server-options.js';

/** A server over the toy backend, and what it logs. */
export interface ToyServer {
  readonly server: Server;
  readonly backend: ToyBackend;
  readonly halfspace: Halfspace;
  readonly log: LogEntry[];
  /** Asks it for something. */
  readonly ask: (path: string, body?: unknown, init?: RequestInit) => Promise<Response>;
  /** Asks it, and reads the answer as JSON. */
  readonly json: <T = Record<string, unknown>>(
    path: string,
    body?: unknown,
    init?: RequestInit,
  ) => Promise<T>;
}

/** What the scoring attribute of the toy throws at, to be an attribute that fails. */
export const FAILS_AT = 'gg';

/** Makes one, with the attributes `kind`, `calm`, `far` of another model, and `failing`, which fails at some texts. */
export async function toyServer(
  options: Partial<ServerOptions> = {},
  toy: ToyOptions = {},
): Promise<ToyServer> {
  const backend = createToyBackend({ endLogit: 0.5, ...toy });
  const far = toyAttribute('far', 0);
  const halfspace: Halfspace = await createHalfspace({
    backend,
    attributes: [
      toyAttribute('kind', 0),
      toyAttribute('calm', 1),
      defineAttribute({
        name: 'far',
        description: 'of another model',
        subspaces: 'subspaces' in far ? far.subspaces.map((each) => ({ ...each, model: 'another' })) : [],
      }),
      defineAttribute({
        name: 'failing',
        description: 'fails',
        score: ({ candidates, prompt }) => {
          if (prompt.includes(FAILS_AT)) throw new Error('secret of the plugin');
          return candidates.map(() => 0);
        },
      }),
    ],
  });
  const log: LogEntry[] = [];
  const server = createServer({
    halfspace,
    model: 'toy',
    limits: { maxTokens: 32 },
    filters: {
      'no-c': defineFilter({
        name: 'no-c',
        allows: ({ candidates }) => candidates.map(({ text }) => !text.includes('c')),
      }),
    },
    onRequest: (entry) => log.push(entry),
    ...options,
  });
  await server.ready;
  const ask: ToyServer['ask'] = async (path, body, init = {}) =>
    server.fetch(
      new Request(`http://localhost${path}`, {
        ...(body !== undefined && {
          method: 'POST',
          body: typeof body === 'string' ? body : JSON.stringify(body),
        }),
        ...init,
        headers: {
          ...(body !== undefined && { 'content-type': 'application/json' }),
          ...(init.headers as object),
        },
      }),
    );
  return {
    server,
    backend,
    halfspace,
    log,
    ask,
    json: async (path, body, init) => (await ask(path, body, init)).json() as never,
  };
}

/** Events of a stream: what stands after `data: `, the last being `[DONE]`. */
export async function eventsOf(response: Response): Promise<string[]> {
  const text = await response.text();
  return text
    .split('\n\n')
    .filter((part) => part.startsWith('data: '))
    .map((part) => part.slice('data: '.length));
}
