import { type Backend, throwIfAborted } from '@halfspace/contracts';
import { abortedBy, onAbort } from '@halfspace/contracts/internal';
import { createEngine, type Engine, type EngineStats } from './engine.js';
import type { WholePrefill, WholePrefillRequest } from './prompt-queue.js';

const engines = new WeakMap<Backend, Engine>();

/** The engine of a backend, which all who use that backend share. It is advanced for as long as there is something to do. */
export function engineOf(backend: Backend): Engine {
  const known = engines.get(backend);
  if (known !== undefined) return known;
  let running = false;
  async function run(): Promise<void> {
    try {
      while (engine.hasWork) await engine.advance();
    } finally {
      running = false;
    }
  }
  const engine = createEngine(backend, () => {
    if (running) return;
    running = true;
    // Those who come at the same time are in the first round together.
    setTimeout(() => void run());
  });
  engines.set(backend, engine);
  return engine;
}

/**
 * What the engine of a backend is at: how many calls, completions and prompts it serves.
 *
 * @param backend - As it was given to `createHalfspace`.
 * @beta
 */
export function engineStats(backend: Backend): EngineStats {
  return engineOf(backend).stats();
}

/**
 * Runs a prompt to its end, beside whatever else the backend is used for.
 *
 * @throws HalfspaceError `aborted`, `not-finite`, and what the backend throws
 */
export async function prefillTogether(
  backend: Backend,
  request: WholePrefillRequest,
  signal?: AbortSignal,
): Promise<WholePrefill> {
  throwIfAborted(signal);
  return new Promise((resolve, reject) => {
    const stops: (() => void)[] = [];
    const settle = (outcome: () => void) => {
      for (const stop of stops) stop();
      outcome();
    };
    const withdraw = engineOf(backend).addPrompt(request, {
      onDone: (prefill) => settle(() => resolve(prefill)),
      onFailure: (error) => settle(() => reject(error)),
    });
    if (signal === undefined) return;
    const abort = () => {
      withdraw();
      settle(() => reject(abortedBy(signal)));
    };
    stops.push(onAbort(signal, abort));
  });
}
