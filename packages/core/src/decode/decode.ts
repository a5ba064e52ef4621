import { throwIfAborted } from '@halfspace/contracts';
import type { StreamEvent } from './completion.js';
import type { DecodeTask } from './decode-task.js';
import { engineOf } from './shared-engine.js';

/**
 * Completes all prompts of a task, and says what happens. Everything is released however the loop is left.
 *
 * @throws HalfspaceError `busy`, `aborted`, `not-finite`, and what the backend throws
 */
export async function* decode(task: DecodeTask): AsyncGenerator<StreamEvent, void, undefined> {
  throwIfAborted(task.signal);
  const engine = engineOf(task.backend);
  const job = engine.add(task);
  try {
    for (let events = await job.next(); events !== undefined; events = await job.next()) yield* events;
  } finally {
    await engine.remove(job);
  }
}
