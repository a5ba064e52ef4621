import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as macrotask } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { createHalfspace, type Context } from '@halfspace/core';
import { backendConformance } from '@halfspace/core/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { tinyGguf } from '../../../model/src/testing/tiny-llama.js';
import { createOnnxBackend, type OnnxBackendOptions } from '../create-onnx-backend.js';

const code = (wanted: string) => expect.objectContaining({ code: wanted });
const TOKENS = [1, 2, 3, 4, 5, 6];

let directory: string;
let model: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'halfspace-'));
  vi.stubEnv('HALFSPACE_CACHE', join(directory, 'cache'));
  model = join(directory, 'tiny.gguf');
  await writeFile(model, tinyGguf());
});
afterEach(() => void vi.restoreAllMocks());
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(directory, { recursive: true, force: true });
});

const create = async (options: OnnxBackendOptions = {}) =>
  createOnnxBackend({ model, threads: 1, precision: 'f32', ...options });

describe('the contract of backends in a worker', () => {
  it.each(backendConformance(async () => create()))('$name', async ({ run }) => run());
});

describe.each(['f32', 'int8'] as const)('a backend in a worker, in %s', (precision) => {
  it('writes the same text, to the last bit', async () => {
    const written = async (worker: boolean) => {
      await using backend = await create({ precision, worker });
      const halfspace = await createHalfspace({ backend });
      const prompts = ['abcd', 'bc'];
      const completions = await halfspace.generate({ prompts, samples: 3, maxTokens: 6, seed: 4 });
      const [text] = await backend.states([TOKENS], { layers: [0, 1, 2] });
      return {
        completions: completions.map((completion) => ({ ...completion, timing: undefined })),
        states: [0, 1, 2].map((layer) => text?.hidden(layer).slice()),
        logProbs: await backend.logProbs(TOKENS),
      };
    };
    expect(await written(true)).toEqual(await written(false));
  });
});

it('this thread is free while it computes', async () => {
  /** Turns of the event loop while a call goes on. */
  const turnsDuring = async (worker: boolean) => {
    await using backend = await create({ worker });
    const texts = Array.from({ length: 2000 }, () => TOKENS);
    let isDone = false;
    const call = backend.states(texts, { layers: [0] }).then(() => (isDone = true));
    let turns = 0;
    for (; !isDone; turns++) await macrotask();
    await call;
    return turns;
  };
  // Without a worker there are a few for each call of ONNX Runtime, some fifty here.
  expect(await turnsDuring(true)).toBeGreaterThan(4 * (await turnsDuring(false)));
});

describe('a worker that is lost', () => {
  /** A backend, and its worker. */
  async function withWorker() {
    const post = vi.spyOn(Worker.prototype, 'postMessage');
    const backend = await create();
    const [worker] = post.mock.contexts as [Worker];
    return { backend, worker };
  }

  it('has its calls fail, and those to come, and is disposed of as others are', async () => {
    const { backend, worker } = await withWorker();
    const [prompt] = await backend.prefill([{ tokens: TOKENS, rowsPerStep: 1 }]);
    const context = prompt?.context as Context;
    // It is no message, and nothing catches what it does.
    worker.postMessage(null);
    const calls = await Promise.allSettled([
      backend.states([TOKENS], { layers: [0] }),
      backend.next([{ context, topK: 1 }]),
    ]);
    for (const call of calls)
      expect(call).toMatchObject({ status: 'rejected', reason: { code: 'worker-lost' } });
    await expect(backend.logProbs(TOKENS)).rejects.toThrow(
      /^The worker .* has ended: .*create a new backend/,
    );
    expect(() => backend.fork(context)).toThrow(code('worker-lost'));
    expect(() => backend.release(context)).not.toThrow();
    await backend.dispose();
    await expect(backend.logProbs(TOKENS)).rejects.toThrow(code('disposed'));
  });

  it('is told of where it ends by itself', async () => {
    const { backend, worker } = await withWorker();
    worker.emit('exit', 3);
    await expect(backend.logProbs(TOKENS)).rejects.toThrow('it ended with 3');
  });
});

it('ends its loading with what the app throws of a measurement, itself', async () => {
  const mine = new Error('stop');
  const onProgress: OnnxBackendOptions['onProgress'] = ({ phase }) => {
    if (phase === 'measure') throw mine;
  };
  await expect(createOnnxBackend({ model, threads: 2, onProgress })).rejects.toBe(mine);
});
