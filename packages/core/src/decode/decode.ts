import type { StreamEvent } from './completion.js';
import type { DecodeTask } from './decode-task.js';
import { createEngine } from './engine.js';

/** Completes all prompts of a task, and says what happens. Everything is released however the loop is left. */
export async function* decode(task: DecodeTask): AsyncGenerator<StreamEvent, void, undefined> {
  const engine = createEngine(task);
  try {
    while (!engine.done) yield* await engine.advance();
  } finally {
    engine.close();
  }
}
