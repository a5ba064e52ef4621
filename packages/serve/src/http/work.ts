import { ApiError, busy } from './api-error.js';

/** A request that is worked on. */
export interface Work {
  /** Aborted when the client goes, when its time is over, or when the server stops. */
  readonly signal: AbortSignal;
  /** The client has gone. */
  abandon(): void;
  /** Why it was ended, if it was: what the client is told. */
  readonly reason: ApiError | undefined;
  /** It is over, however. Idempotent. */
  end(): void;
}

/** What became of the requests that a server had when it was stopped. */
export interface Stopped {
  /** Those that were finished. */
  readonly finished: number;
  /** Those that were ended, because they took longer than there was time. */
  readonly cancelled: number;
}

/** The requests that a server works on. */
export interface WorkList {
  /** How many there are. */
  readonly size: number;
  /** Whether no more are taken. */
  readonly stopping: boolean;
  /**
   * Takes a request on.
   *
   * @param client - Aborted when its client goes.
   * @throws ApiError 429, 503
   */
  begin(client: AbortSignal): Work;
  /** Takes no more, and ends those that are not done in time. */
  stop(graceMs: number): Promise<Stopped>;
}

/**
 * Makes an empty list.
 *
 * @param most - Requests at once.
 * @param maxMs - That each may take.
 */
export function createWorkList(most: number, maxMs: number): WorkList {
  const all = new Set<{ cancel(reason: ApiError): void }>();
  let stopping = false;
  let onEmpty = () => {};

  return {
    get size() {
      return all.size;
    },
    get stopping() {
      return stopping;
    },
    begin(client) {
      if (stopping) throw stopped();
      if (all.size >= most) throw busy();
      const controller = new AbortController();
      let reason: ApiError | undefined;
      const cancel = (why: ApiError) => {
        reason ??= why;
        controller.abort(reason);
      };
      const abandon = () => cancel(new ApiError(499, 'aborted', 'The client has ended the request.'));
      const timer = setTimeout(() => cancel(tooLong(maxMs)), maxMs);
      timer.unref?.();
      const entry = { cancel };
      all.add(entry);
      if (client.aborted) abandon();
      client.addEventListener('abort', abandon);
      return {
        signal: controller.signal,
        abandon,
        get reason() {
          return reason;
        },
        end() {
          clearTimeout(timer);
          client.removeEventListener('abort', abandon);
          if (all.delete(entry) && all.size === 0) onEmpty();
        },
      };
    },
    async stop(graceMs) {
      stopping = true;
      const before = all.size;
      const empty = new Promise<void>((resolve) => {
        onEmpty = resolve;
        if (all.size === 0) resolve();
      });
      let timer: ReturnType<typeof setTimeout> | undefined;
      const late = new Promise<void>((resolve) => {
        timer = setTimeout(resolve, graceMs);
      });
      await Promise.race([empty, late]);
      clearTimeout(timer);
      const cancelled = all.size;
      for (const each of all) each.cancel(stopped());
      if (cancelled > 0) await empty;
      return { finished: before - cancelled, cancelled };
    },
  };
}

function stopped(): ApiError {
  return new ApiError(503, 'stopping', 'The server is stopping. Ask another one, or come back.', {
    retryAfterMs: 5000,
  });
}

function tooLong(ms: number): ApiError {
  return new ApiError(
    504,
    'timeout',
    `The request took longer than the ${Math.round(ms / 1000)} seconds that this server gives one. Ask for fewer tokens.`,
  );
}
