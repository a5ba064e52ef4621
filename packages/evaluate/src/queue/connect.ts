import { HalfspaceError } from '@halfspace/core';
import type { Redis } from 'ioredis';

/**
 * A connection to a Redis server.
 *
 * @param url - `redis://host:port/database`, or `rediss://` with TLS.
 * @throws HalfspaceError `bad-option`, `queue-unreachable`
 */
export async function connect(url: string): Promise<Redis> {
  if (!/^rediss?:\/\//.test(url)) {
    throw new HalfspaceError(
      'bad-option',
      `${url} is no address of a queue. It must begin with redis:// or rediss://.`,
    );
  }
  // Loaded when needed: most runs have no queue.
  const { Redis } = await import('ioredis');
  // What is sent while the server is away waits for it to come back.
  const redis = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: null });
  // An error without a listener is written on stderr; what fails says so itself.
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    return redis;
  } catch (error) {
    redis.disconnect();
    throw new HalfspaceError(
      'queue-unreachable',
      `There is no Redis server at ${new URL(url).host}: ${(error as Error).message}. Start one, or check the address.`,
      { cause: error },
    );
  }
}
