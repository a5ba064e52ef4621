// What the tests call in a page.
import { createHalfspace, isHalfspaceError } from '@halfspace/core';
import { backendConformance } from '@halfspace/core/testing';
import { createWebBackend, listStoredModels, removeStoredModel, type WebBackendOptions } from '../index.js';
import { attributeOf, type PlainAttribute } from './plain-attribute.js';

/** A worker for all models of the page: ONNX Runtime is loaded once. Each model has a line of its own to it. */
let shared: Worker | undefined;

function sharedWorker(): Worker {
  shared ??= new Worker('shared-worker.js', { type: 'module' });
  const { port1, port2 } = new MessageChannel();
  shared.postMessage(port2, [port2]);
  port1.start();
  return Object.assign(port1, { terminate: () => port1.close() }) as unknown as Worker;
}

const alone = () => new Worker('worker.js', { type: 'module' });

async function codeOf(work: () => Promise<unknown>): Promise<{ code: string; message: string } | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    const { message } = error as Error;
    return { code: isHalfspaceError(error) ? error.code : `no code: ${(error as Error).name}`, message };
  }
}

const tools = {
  createWebBackend,
  listStoredModels,
  removeStoredModel,
  codeOf,
  alone,
  /** What fails of the contract of backends. */
  async conformance(model: string): Promise<{ passed: number; failed: string[] }> {
    const failed: string[] = [];
    let passed = 0;
    const checks = backendConformance(async () => createWebBackend({ model, worker: sharedWorker }));
    for (const { name, run } of checks)
      await run().then(
        () => passed++,
        (error: Error) => failed.push(`${name}: ${error.message}`),
      );
    return { passed, failed };
  },
  /** Texts, and what is said of the backend. */
  async generate(
    options: WebBackendOptions,
    plain: readonly PlainAttribute[],
    request: { readonly prompt: string; readonly weights: Readonly<Record<string, number>> },
  ) {
    const phases = new Set<string>();
    const backend = await createWebBackend({
      worker: sharedWorker,
      ...options,
      onProgress: ({ phase }) => phases.add(phase),
    });
    const halfspace = await createHalfspace({ backend, attributes: plain.map(attributeOf) });
    try {
      const completions = await halfspace.generate({ samples: 3, maxTokens: 12, seed: 3, ...request });
      const { threads, warnings, model, exact } = backend;
      const texts = completions.map(({ text }) => text);
      return { texts, threads, warnings, model, exact, phases: [...phases] };
    } finally {
      await halfspace.dispose();
    }
  },
};

/** What a page has for tests. */
export type PageTools = typeof tools;

Object.assign(globalThis, { tools });
