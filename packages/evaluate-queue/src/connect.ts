import { setTimeout as wait } from 'node:timers/promises';
import { HalfspaceError, throwIfAborted } from '@halfspace/core';
import { Redis, type RedisOptions } from 'ioredis';

/** Milliseconds that a server may be away, for a restart, before it is given up. */
const PATIENCE = 30_000;
/** Milliseconds that a server has to answer what is under way when the signal comes, so that all is left in order. */
const LAST_WORDS = 2_000;
/** Milliseconds between two tries to reach it again, at most. */
const PAUSE = 1_000;

/** Told, in a sentence, what a person who waits should know. */
export type OnNotice = (notice: string) => void;

/** Settings of {@link connect}. */
export interface ConnectOptions {
  /** Told when the server goes away and comes back (default: nobody is). */
  readonly onNotice?: OnNotice | undefined;
  /** Ends the wait for a server that is away or does not answer. */
  readonly signal?: AbortSignal | undefined;
}

/** A Redis server that is connected to. */
export interface QueueServer {
  readonly redis: Redis;
  /** Does something with it, whose failures are told in words; `aborted` where the signal has ended it. */
  use<T>(work: (redis: Redis) => Promise<T>): Promise<T>;
  /** Ends the connection. */
  disconnect(): void;
}

/**
 * Connects to a Redis server. What is sent while it is away waits for it to come back, for half a minute.
 *
 * @param url - `redis://host:port/database`, or `rediss://` with TLS.
 * @throws HalfspaceError `bad-option`, `queue-unreachable`, `queue-refused`, `aborted`
 */
export async function connect(
  url: string,
  { onNotice = () => undefined, signal }: ConnectOptions = {},
): Promise<QueueServer> {
  if (!/^rediss?:\/\//.test(url) || !URL.canParse(url)) {
    throw new HalfspaceError(
      'bad-option',
      `${url} is no address of a queue. It must begin with redis:// or rediss://.`,
    );
  }
  const { host } = new URL(url);
  let lostAt: number | undefined;
  let ended = false;
  const redis = new QuietRedis(url, {
    lazyConnect: true,
    maxRetriesPerRequest: null,
    // Also that of the connection that a worker makes after this one.
    retryStrategy(times) {
      if (ended) return null;
      lostAt ??= Date.now();
      return Date.now() - lostAt > PATIENCE ? null : Math.min(times * 50, PAUSE);
    },
  });
  try {
    await answered(redis.connect(), signal);
  } catch (error) {
    redis.disconnect();
    throwIfAborted(signal);
    throw new HalfspaceError(
      'queue-unreachable',
      `There is no Redis server at ${host}: ${(error as Error).message}. Start one, or check the address.`,
      { cause: error },
    );
  }
  let away = false;
  // What waits for an answer then fails. Where the server is away, only the next try to reach it makes that known: `disconnect`
  // would end the tries, and what waits would wait for ever.
  const disconnect = () => {
    ended = true;
    if (!away) redis.disconnect();
  };
  const giveUp = () => {
    if (away) disconnect();
    else setTimeout(disconnect, LAST_WORDS).unref();
  };
  signal?.addEventListener('abort', giveUp);
  redis.on('close', () => {
    if (ended || away) return;
    away = true;
    if (signal?.aborted) return disconnect();
    onNotice(`The Redis server at ${host} is away. Waiting for it for ${PATIENCE / 1000} seconds.`);
  });
  redis.on('ready', () => {
    lostAt = undefined;
    if (away) onNotice(`The Redis server at ${host} is back.`);
    away = false;
  });
  return {
    redis,
    use: async (work) =>
      work(redis).catch((error: unknown) => {
        throwIfAborted(signal);
        throw inWords(error, host);
      }),
    disconnect() {
      signal?.removeEventListener('abort', giveUp);
      disconnect();
    },
  };
}

/** A connection whose errors are heard, also by those that are made after it: one without a listener is written on stderr. */
class QuietRedis extends Redis {
  constructor(url: string, options: RedisOptions);
  constructor(options: RedisOptions);
  constructor(first: string | RedisOptions, options: RedisOptions = {}) {
    if (typeof first === 'string') super(first, options);
    else super(first);
    // What fails says so itself.
    this.on('error', () => undefined);
  }

  override duplicate(override?: Partial<RedisOptions>): Redis {
    return new QuietRedis({ ...this.options, ...override });
  }
}

/** Something that may listen and never say a word is no server. */
async function answered<T>(answer: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  const over = new AbortController();
  const signals = [over.signal, ...(signal === undefined ? [] : [signal])];
  const late = wait(PATIENCE, undefined, { signal: AbortSignal.any(signals) }).then(() => {
    throw new Error(`it does not answer within ${PATIENCE / 1000} seconds`);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    over.abort();
    // Neither is waited for any more.
    for (const each of [answer, late]) each.catch(() => undefined);
  }
}

function inWords(error: unknown, host: string): unknown {
  if (!(error instanceof Error) || error instanceof HalfspaceError) return error;
  const message = error.message.split('\n', 1)[0];
  if (error.name === 'ReplyError' || /^(ERR|WRONGTYPE|NOAUTH|OOM|READONLY|MISCONF)\b/.test(message)) {
    return new HalfspaceError(
      'queue-refused',
      `The Redis server at ${host} refuses: ${message}. What was done is kept; put that right, and start again.`,
      { cause: error },
    );
  }
  if ('syscall' in error || /connection is closed|stream isn't writeable|command timed out/i.test(message)) {
    return new HalfspaceError(
      'queue-unreachable',
      `The Redis server at ${host} went away and did not come back. What was done is kept; start it, and start again.`,
      { cause: error },
    );
  }
  return error;
}
