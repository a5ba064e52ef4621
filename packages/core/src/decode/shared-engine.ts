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
  let alarm: ReturnType<typeof setTimeout> | undefined;
  async function run(): Promise<void> {
    clearTimeout(alarm);
    try {
      while (engine.hasWork) await engine.advance();
    } finally {
      running = false;
    }
    const { givesUpIn } = engine;
    if (givesUpIn !== undefined) alarm = setTimeout(start, givesUpIn);
  }
  function start(): void {
    if (running) return;
    running = true;
    // Those who come at the same time are in the first round together.
    setTimeout(() => void run());
  }
  const engine = createEngine(backend, start);
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
