import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate as macrotask } from 'node:timers/promises';
import { throwIfAborted } from '@halfspace/core';
import { markInUse, type CompiledModel } from '@halfspace/model';
import { assertMemoryFor, type InferenceSession, openSession, type Provider } from '@halfspace/onnx-runtime';
import { createGraphs, type Graphs } from './graphs.js';

/**
 * Loads the graphs of a compiled model with `threads` threads.
 *
 * @param provider - What runs them (default: the processor); keys and values are in the memory of the processor all the same.
 * @throws HalfspaceError `out-of-memory`, `backend-failed`, `aborted`
 */
export async function loadGraphs(
  model: CompiledModel,
  threads: number,
  signal?: AbortSignal,
  provider: Provider = 'cpu',
): Promise<Graphs> {
  const sessions: InferenceSession[] = [];
  const directory = dirname(model.head);
  const names = await readdir(directory);
  await assertMemoryFor(
    `The model in ${model.precision}`,
    names.map((name) => join(directory, name)),
  );
  const giveBack = await markInUse(directory);
  const dispose = async () => {
    await Promise.all(sessions.splice(0).map(async (session) => session.release()));
    await giveBack();
  };
  try {
    for (const path of [model.lower, model.upper, model.head])
      sessions.push(await openSession(path, threads, { provider }));
    throwIfAborted(signal);
  } catch (error) {
    await dispose();
    throw error;
  }
  const [lower, upper, head] = sessions;
  const { architecture, cut } = model;
  return createGraphs({ architecture, cut, sessions: { lower, upper, head }, macrotask, dispose });
}
