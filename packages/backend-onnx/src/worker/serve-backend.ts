import type { Tokenizer } from '@halfspace/core';
import { asNativeCall } from '@halfspace/onnx-runtime';
import { openBackend, type OpenedBackend, type OpenRequest, type OpenTools } from '../open-backend.js';
import { handlersOf, type BackendHandlers } from './backend-handlers.js';
import { Answer, openChannel, type Line } from './channel.js';
import type { MainCalls, Opened, WorkerCalls } from './protocol.js';

/** Texts stay on the other side. */
const NO_TOKENIZER = undefined as unknown as Tokenizer;

/** The figures of the cache of texts, where both threads see them. */
function shareFigures(
  backend: OpenedBackend,
): Pick<Opened, 'names' | 'figures'> & { readonly write: () => void } {
  const names = Object.keys(backend.cacheStats());
  const figures = new Float64Array(new SharedArrayBuffer(names.length * Float64Array.BYTES_PER_ELEMENT));
  const write = () => figures.set(Object.values(backend.cacheStats()) as number[]);
  write();
  return { names, figures, write };
}

/** Handlers after which something else is done, whatever comes of them. */
function thenAlways(handlers: BackendHandlers, next: () => void): BackendHandlers {
  const each = Object.entries<(args: never, signal: AbortSignal) => Promise<Answer<unknown>>>(handlers);
  return Object.fromEntries(
    each.map(([name, handle]) => [
      name,
      async (args: never, signal: AbortSignal) => handle(args, signal).finally(next),
    ]),
  ) as unknown as BackendHandlers;
}

/** What else is to be done by who serves a backend. */
export interface ServeOptions {
  /** Opens the backend (default: as it is done without a worker). */
  readonly open?: (request: OpenRequest, tools: OpenTools) => Promise<OpenedBackend>;
  /** Called when the backend is to end: what runs may be refused its next step. */
  readonly onDisposing?: () => void;
  /** Called when there is nothing left to be answered. */
  readonly onDisposed?: () => void;
}

/** Serves one backend to the other end of a line, until that has disposed of it. */
export function serveBackend(
  line: Line,
  { open = openBackend, onDisposing, onDisposed }: ServeOptions = {},
): void {
  const loading = new AbortController();
  let opening: Promise<OpenedBackend> | undefined;
  const main = openChannel<MainCalls, Pick<WorkerCalls, 'open' | 'dispose'>>(line, {
    async open(request, signal) {
      signal.addEventListener('abort', () => loading.abort());
      opening = open(request, {
        tokenizer: NO_TOKENIZER,
        compile: async (precision) => main.call('compile', precision),
        compileSample: async (precision) => main.call('compileSample', precision),
        compileAgain: async (precision) => main.call('compileAgain', precision),
        signal: loading.signal,
        onMeasured: (share) => main.tell('measured', share),
      });
      const backend = await opening;
      const { write, ...figures } = shareFigures(backend);
      main.answer<Omit<WorkerCalls, 'open' | 'dispose'>>(thenAlways(handlersOf(backend), write));
      const { model, exact } = backend;
      return new Answer({ model, exact, ...figures });
    },
    async dispose() {
      loading.abort();
      // All of it is one call of ONNX Runtime, whose sessions are freed at its end.
      await asNativeCall(async () => {
        onDisposing?.();
        await (await opening?.catch(() => undefined))?.dispose();
      });
      // After the answer has been sent.
      if (onDisposed !== undefined) setImmediate(onDisposed);
      return new Answer(undefined);
    },
  });
  main.tell('started', undefined);
}
