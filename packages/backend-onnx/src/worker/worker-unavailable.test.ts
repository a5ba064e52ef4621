import { EventEmitter } from 'node:events';
import { Answer } from './channel.js';
import { startWorker } from './start-worker.js';
import { expect, it, vi } from 'vitest';

/** How the next worker fails. */
let failure: 'at once' | 'later' = 'at once';

vi.mock('node:worker_threads', async (importOriginal) => ({
  ...(await importOriginal<object>()),
  Worker: class extends EventEmitter {
    constructor() {
      super();
      if (failure === 'at once') throw new Error('Access to this API has been restricted');
      setImmediate(() => {
        this.emit('error', new Error('Cannot find module entry.js'));
        this.emit('exit', 1);
      });
    }
    ref = () => undefined;
    unref = () => undefined;
    postMessage = () => undefined;
  },
}));

const none = async () => {
  throw new Error('not asked for');
};
const handlers = {
  compile: none,
  compileSample: none,
  compileAgain: none,
  measured: async () => new Answer(undefined),
};
const hint = { code: 'worker-unavailable', message: expect.stringContaining('the option worker: false') };

it('a worker that cannot be made says how to do without', async () => {
  failure = 'at once';
  await expect(startWorker({ handlers })).rejects.toMatchObject(hint);
});

it('so does one that comes to nothing, and there is nothing to be ended', async () => {
  failure = 'later';
  const link = await startWorker({ handlers });
  const opening = link.channel.call('dispose', undefined);
  await expect(opening).rejects.toMatchObject({
    ...hint,
    cause: { message: 'Cannot find module entry.js' },
  });
  expect(() => link.assertAlive()).toThrow(expect.objectContaining(hint));
  await link.end();
});
