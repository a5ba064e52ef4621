/** Milliseconds after which a comment is sent where nothing else is, so that nobody in between takes the connection for dead. */
const PING_MS = 15_000;

const encoder = new TextEncoder();

/** A value as an event of a stream. */
export function event(data: unknown): string {
  return `data: ${typeof data === 'string' ? data : JSON.stringify(data)}\n\n`;
}

/**
 * Events as a stream of bytes. A part is asked for when the client has taken the one before, so that a slow client slows nobody
 * but itself, and leaving the stream ends the source.
 *
 * @param onCancel - The client has gone.
 */
export function eventStream(
  parts: AsyncIterator<string, void>,
  onCancel: () => void,
): ReadableStream<Uint8Array> {
  let next: Promise<IteratorResult<string, void>> | undefined;
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        next ??= parts.next();
        const found = await orPing(next);
        if (found === undefined) {
          controller.enqueue(encoder.encode(': ping\n\n'));
          return;
        }
        next = undefined;
        if (found.done === true) controller.close();
        else controller.enqueue(encoder.encode(found.value));
      },
      async cancel() {
        onCancel();
        await parts.return?.();
      },
    },
    { highWaterMark: 0 },
  );
}

async function orPing<T>(promise: Promise<T>): Promise<T | undefined> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const ping = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, PING_MS, undefined);
  });
  try {
    return await Promise.race([promise, ping]);
  } finally {
    clearTimeout(timer);
  }
}

/** Headers of such a stream; the last keeps nginx from gathering it. */
export const EVENT_STREAM_HEADERS = {
  'content-type': 'text/event-stream; charset=utf-8',
  'cache-control': 'no-cache, no-transform',
  'x-accel-buffering': 'no',
} as const;
