import { Worker, type ResourceLimits } from 'node:worker_threads';
import { HalfspaceError } from '@halfspace/core';
import { ensureNoTelemetry } from '@halfspace/onnx-runtime';
import { Answer, openChannel, type Handlers } from './channel.js';
import { createGateMemory, waitAtExit } from './exit-gate.js';
import type { MainCalls, WorkerCalls } from './protocol.js';
import type { WorkerLink } from './worker-backend.js';

/** What goes with a worker. */
export interface WorkerSettings {
  /** Answers what the worker asks for. */
  readonly handlers: Omit<Handlers<MainCalls>, 'started'>;
  /** Limits of its heap (default: those of Node). */
  readonly resourceLimits?: ResourceLimits;
}

function unavailable(cause: unknown): HalfspaceError {
  return new HalfspaceError(
    'worker-unavailable',
    `The worker thread that runs the model could not be started: ${(cause as Error).message}. Give createOnnxBackend the option worker: false, and the model runs in this thread.`,
    { cause },
  );
}

function lost(cause: NodeJS.ErrnoException): HalfspaceError {
  if (cause.code === 'ERR_WORKER_OUT_OF_MEMORY')
    return new HalfspaceError(
      'out-of-memory',
      'The worker thread that runs the model ran out of memory, and its texts are gone. Create a new backend, and run fewer texts together.',
      { cause },
    );
  return new HalfspaceError(
    'worker-lost',
    `The worker thread that runs the model has ended: ${cause.message}. Its texts are gone; create a new backend.`,
    { cause },
  );
}

/**
 * Starts a worker that serves a backend. A program that has nothing else to do ends all the same, and nothing but the worker itself ever
 * ends the thread: the process does not survive that in the middle of a call of ONNX Runtime.
 *
 * @throws HalfspaceError `worker-unavailable`; `backend-failed` where ONNX Runtime cannot be kept from writing down how it is used
 */
export async function startWorker({ handlers, resourceLimits }: WorkerSettings): Promise<WorkerLink> {
  // The environment of the worker is a copy of that of this thread, which need not be that of the process.
  await ensureNoTelemetry();
  const gate = createGateMemory();
  let worker: Worker;
  try {
    worker = new Worker(new URL('./entry.js', import.meta.url), {
      name: 'halfspace',
      workerData: { gate },
      // Those of the program are for the program; some, as --input-type, no worker takes.
      execArgv: [],
      ...(resourceLimits && { resourceLimits }),
    });
  } catch (error) {
    throw unavailable(error);
  }
  worker.unref();
  const forget = waitAtExit(gate);
  let isStarted = false;
  let failure: HalfspaceError | undefined;
  let ending: Promise<void> | undefined;

  const channel = openChannel<WorkerCalls, MainCalls>(
    worker,
    {
      ...handlers,
      async started() {
        isStarted = true;
        return new Answer(undefined);
      },
    },
    (isWaiting) => (isWaiting || ending !== undefined ? worker.ref() : worker.unref()),
  );

  function fail(error: Error): void {
    failure ??= isStarted ? lost(error) : unavailable(error);
    channel.end(failure);
    // It has begun no call that the end of the program would have to wait for.
    if (!isStarted) forget();
  }

  const ended = new Promise<void>((resolve) => {
    worker.once('exit', (code) => {
      forget();
      if (ending === undefined) fail(new Error(`it ended with ${code}`));
      else channel.end(new HalfspaceError('disposed', 'This backend was disposed of. Create a new one.'));
      resolve();
    });
  });
  worker.on('error', fail);
  worker.on('messageerror', (error) => {
    // Whose answer that was is not known.
    channel.tell('dispose', undefined);
    fail(error);
  });

  return {
    channel,
    assertAlive() {
      if (failure !== undefined) throw failure;
    },
    async end() {
      // Its end is waited for, whatever else the program has to do.
      worker.ref();
      if (failure === undefined) {
        ending ??= channel.call('dispose', undefined);
        // It fails where the worker is lost on the way, and then there is nothing left to end.
        await ending.catch(() => undefined);
      }
      await ended;
    },
  };
}
