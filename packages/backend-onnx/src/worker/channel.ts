import type { Transferable as Moved } from 'node:worker_threads';
import { throwIfAborted, type ErrorRecord } from '@halfspace/core';
import { errorOfRecord, recordOfError } from './error-record.js';

/** Calls that one side answers: what goes with each, and what comes back. */
export type Calls<C> = { readonly [M in keyof C]: { readonly args: unknown; readonly answer: unknown } };

/** An answer, and the buffers in it that are moved to the other side instead of being copied. */
export class Answer<T> {
  constructor(
    readonly value: T,
    readonly moved: readonly ArrayBuffer[] = [],
  ) {}
}

/** What answers the calls of the other side. */
export type Handlers<C extends Calls<C>> = {
  readonly [M in keyof C]: (args: C[M]['args'], signal: AbortSignal) => Promise<Answer<C[M]['answer']>>;
};

type Handler = (args: never, signal: AbortSignal) => Promise<Answer<unknown>>;

/** What is sent. Calls are answered in any order; one without a number is not answered at all. */
type Message =
  | { readonly kind: 'call'; readonly id?: number; readonly name: string; readonly args: unknown }
  | { readonly kind: 'abort'; readonly id: number }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown }
  | { readonly kind: 'failure'; readonly id: number; readonly error: ErrorRecord };

/** One end of a line between threads: a port, or a worker as its parent sees it. */
export interface Line {
  postMessage(message: unknown, moved?: readonly Moved[]): void;
  on(event: 'message', listener: (message: Message) => void): unknown;
}

/** Calls to the other side. */
export interface Channel<C extends Calls<C>> {
  /**
   * Calls, and waits for the answer.
   *
   * @param signal - Ends the wait at once, and the work as soon as that can be.
   * @throws What the other side threw; HalfspaceError `aborted`; the error that has ended the channel
   */
  call<M extends keyof C & string>(
    name: M,
    args: C[M]['args'],
    signal?: AbortSignal,
  ): Promise<C[M]['answer']>;
  /** Calls, and has no use for an answer. What comes of it is lost, errors too. */
  tell<M extends keyof C & string>(name: M, args: C[M]['args']): void;
  /** Answers further calls of the other side. */
  answer<More extends Calls<More>>(handlers: Handlers<More>): void;
  /** Has all calls, those that wait and those to come, fail. */
  end(error: Error): void;
}

async function refusedBy(signal: AbortSignal | undefined): Promise<void> {
  throwIfAborted(signal);
}

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Opens one side of a channel.
 *
 * @param handlers - Answer the other side. Whatever else it calls by name is refused.
 * @param onWaiting - Told when the first call begins to wait, and when none does any more.
 */
export function openChannel<Theirs extends Calls<Theirs>, Own extends Calls<Own>>(
  line: Line,
  handlers: Handlers<Own>,
  onWaiting: (isWaiting: boolean) => void = () => undefined,
): Channel<Theirs> {
  const known = new Map<string, Handler>(Object.entries<Handler>(handlers));
  const waiting = new Map<number, Waiting>();
  const working = new Map<number, AbortController>();
  let ended: Error | undefined;
  let last = 0;

  function settle(id: number, how: (each: Waiting) => void): void {
    const each = waiting.get(id);
    if (each === undefined) return;
    waiting.delete(id);
    if (waiting.size === 0) onWaiting(false);
    how(each);
  }

  async function work({ id, name, args }: Extract<Message, { kind: 'call' }>): Promise<void> {
    const controller = new AbortController();
    if (id !== undefined) working.set(id, controller);
    try {
      const handler = known.get(name);
      if (handler === undefined) throw new Error(`There is no call of the name ${name}.`);
      const { value, moved } = await handler(args as never, controller.signal);
      if (id !== undefined) line.postMessage({ kind: 'answer', id, value } satisfies Message, moved);
    } catch (error) {
      if (id !== undefined)
        line.postMessage({ kind: 'failure', id, error: recordOfError(error) } satisfies Message);
    } finally {
      if (id !== undefined) working.delete(id);
    }
  }

  line.on('message', (message) => {
    if (message.kind === 'call') void work(message);
    else if (message.kind === 'abort') working.get(message.id)?.abort();
    else if (message.kind === 'answer') settle(message.id, ({ resolve }) => resolve(message.value));
    else settle(message.id, ({ reject }) => reject(errorOfRecord(message.error)));
  });

  return {
    async call(name, args, signal) {
      if (ended !== undefined) throw ended;
      throwIfAborted(signal);
      const id = ++last;
      const onAbort = () => {
        if (!waiting.has(id)) return;
        line.postMessage({ kind: 'abort', id } satisfies Message);
        settle(id, ({ resolve }) => resolve(refusedBy(signal)));
      };
      try {
        return await new Promise((resolve, reject) => {
          line.postMessage({ kind: 'call', id, name, args } satisfies Message);
          if (waiting.size === 0) onWaiting(true);
          waiting.set(id, { resolve, reject });
          signal?.addEventListener('abort', onAbort);
        });
      } finally {
        signal?.removeEventListener('abort', onAbort);
      }
    },
    tell(name, args) {
      if (ended === undefined) line.postMessage({ kind: 'call', name, args } satisfies Message);
    },
    answer(more) {
      for (const [name, handler] of Object.entries<Handler>(more)) known.set(name, handler);
    },
    end(error) {
      ended ??= error;
      for (const id of waiting.keys()) settle(id, ({ reject }) => reject(error));
    },
  };
}
