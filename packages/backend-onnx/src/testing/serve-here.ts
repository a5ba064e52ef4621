import { MessageChannel } from 'node:worker_threads';
import type { OpenedBackend, OpenRequest } from '../open-backend.js';
import { openChannel, type Line } from '../worker/channel.js';
import { Answer } from '../worker/channel.js';
import type { MainCalls, WorkerCalls } from '../worker/protocol.js';
import { serveBackend } from '../worker/serve-backend.js';
import { createWorkerBackend } from '../worker/worker-backend.js';

const REQUEST: OpenRequest = {
  name: '',
  fingerprint: '',
  cache: '',
  threads: 1,
  cacheBytes: 0,
  candidates: { precisions: ['f32'], together: [] },
};

/** A backend as it is reached through a worker, with both ends of the line in this thread, where calls can be watched. */
export async function serveHere(backend: OpenedBackend): Promise<OpenedBackend & { readonly line: Line }> {
  const { port1, port2 } = new MessageChannel();
  serveBackend(port2, { open: async () => backend, onDisposed: () => port2.close() });
  const none = async () => {
    throw new Error('There is nothing to compile.');
  };
  const channel = openChannel<WorkerCalls, MainCalls>(port1, {
    started: async () => new Answer(undefined),
    compile: none,
    compileSample: none,
    compileAgain: none,
    measured: async () => new Answer(undefined),
  });
  const opened = await channel.call('open', REQUEST);
  const link = {
    channel,
    assertAlive: () => undefined,
    end: async () => channel.call('dispose', undefined),
  };
  return { ...createWorkerBackend(link, opened, backend.tokenizer), line: port1 };
}
