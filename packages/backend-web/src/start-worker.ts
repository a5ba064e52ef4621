import { HalfspaceError } from '@halfspace/core';
import {
  Answer,
  openChannel,
  type Channel,
  type WorkerCalls,
  type WorkerLink,
} from '@halfspace/backend-onnx/engine';
import { lineOf } from './line.js';
import type { PageCalls, WebLoadProgress, WebWorkerCalls } from './protocol.js';

/** A worker that answers. */
export interface StartedWorker {
  readonly channel: Channel<WebWorkerCalls>;
  readonly link: WorkerLink;
}

function unavailable(message: string): HalfspaceError {
  return new HalfspaceError(
    'worker-unavailable',
    `The worker that runs the model could not be started: ${message}. Serve the script of @halfspace/backend-web/worker from this site, and start it by the option worker.`,
  );
}

function lost(message: string): HalfspaceError {
  return new HalfspaceError(
    'worker-lost',
    `The worker that runs the model has ended: ${message}. Its texts are gone; reload the page, or create a new backend.`,
  );
}

/**
 * Starts the worker, and waits until it answers.
 *
 * @throws HalfspaceError `worker-unavailable`
 */
export async function startWorker(
  create: () => Worker,
  onProgress: (progress: WebLoadProgress) => void,
): Promise<StartedWorker> {
  let worker: Worker;
  try {
    worker = create();
  } catch (error) {
    throw unavailable((error as Error).message);
  }
  let isStarted = false;
  let failure: HalfspaceError | undefined;
  let ending: Promise<void> | undefined;
  let begin: () => void = () => undefined;
  let refuse: (error: Error) => void = () => undefined;
  const started = new Promise<void>((resolve, reject) => {
    begin = resolve;
    refuse = reject;
  });
  const channel = openChannel<WebWorkerCalls, PageCalls>(lineOf(worker), {
    async started() {
      isStarted = true;
      begin();
      return new Answer(undefined);
    },
    async progress(progress) {
      onProgress(progress);
      return new Answer(undefined);
    },
  });
  worker.addEventListener('error', ({ message }) => {
    const why = message === undefined || message === '' ? 'its script could not be loaded' : message;
    failure ??= isStarted ? lost(why) : unavailable(why);
    channel.end(failure);
    refuse(failure);
    worker.terminate();
  });
  await started;
  return {
    channel,
    link: {
      channel: channel as unknown as Channel<WorkerCalls>,
      assertAlive() {
        if (failure !== undefined) throw failure;
      },
      async end() {
        if (failure === undefined) {
          ending ??= channel.call('dispose', undefined);
          await ending.catch(() => undefined);
        }
        channel.end(new HalfspaceError('disposed', 'This backend was disposed of. Create a new one.'));
        worker.terminate();
      },
    },
  };
}
