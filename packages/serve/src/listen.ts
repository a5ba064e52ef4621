import { createServer as createHttpServer, type Server as HttpServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { HalfspaceError } from '@halfspace/core';
import { getRequestListener } from '@hono/node-server';
import type { Server } from './create-server.js';
import type { Stopped } from './http/work.js';

/** Where to listen. */
export interface ListenOptions {
  /** Address (default `127.0.0.1`: nobody else can reach it). */
  readonly host?: string;
  /** Port (default 8080); 0 for any that is free. */
  readonly port?: number;
  /** Milliseconds in which a request must have been sent, so that nobody holds a connection by sending slowly (default 30,000). */
  readonly requestMs?: number;
  /** Connections at once (default 1024). */
  readonly maxConnections?: number;
}

/** A server that listens. */
export interface Listening {
  /** Where, such as `http://127.0.0.1:8080`. */
  readonly url: string;
  /** As {@link Server.stop}, and lets go of the port. */
  readonly stop: (graceMs?: number) => Promise<Stopped>;
}

/** How often slow senders are looked for. */
const CHECK_MS = 1000;

/**
 * Has a server listen on a port.
 *
 * @throws HalfspaceError `cannot-listen`
 */
export async function listen(server: Server, options: ListenOptions = {}): Promise<Listening> {
  const { host = '127.0.0.1', port = 8080, requestMs = 30_000, maxConnections = 1024 } = options;
  const http = createHttpServer(
    {
      headersTimeout: Math.min(10_000, requestMs),
      requestTimeout: requestMs,
      connectionsCheckingInterval: Math.min(CHECK_MS, requestMs),
      keepAliveTimeout: 5000,
    },
    getRequestListener(async (request) => server.fetch(request), { overrideGlobalObjects: false }),
  );
  http.maxConnections = maxConnections;
  await bind(http, host, port);
  const { address, port: bound, family } = http.address() as AddressInfo;
  const name = family === 'IPv6' ? `[${address}]` : address;
  return {
    url: `http://${name}:${bound}`,
    async stop(graceMs) {
      const closed = new Promise<void>((resolve) => http.close(() => resolve()));
      http.closeIdleConnections();
      const stopped = await server.stop(graceMs);
      // What has been said is on its way: connections that keep alive are of no more use, and those of clients that read nothing end.
      http.closeIdleConnections();
      setTimeout(() => http.closeAllConnections(), 1000).unref();
      await closed;
      return stopped;
    },
  };
}

async function bind(http: HttpServer, host: string, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    http.once('error', (error: NodeJS.ErrnoException) => {
      reject(
        new HalfspaceError(
          'cannot-listen',
          `Cannot listen on ${host}, port ${port}: ${error.message}. Take another port or address.`,
          { cause: error },
        ),
      );
    });
    http.listen(port, host, () => resolve());
  });
}
