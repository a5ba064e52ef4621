import { throwIfAborted, type Waiting } from '@halfspace/core';
import { readCompletions } from './run-directory.js';
import type { RunDirectory } from './run-parts.js';
import type { RunProgress } from './run-units.js';
import { type Unit, unitKey, type UnitResult } from './unit.js';
import { openUnitLog } from './unit-log.js';
import type { ScoreLog } from './score-log.js';

/** Settings of what reads the completions of a run. */
export interface ReadRunOptions {
  /** Ends the work with the error `aborted`; what is done is kept. */
  readonly signal?: AbortSignal | undefined;
  /** Called at the beginning and after each unit. */
  readonly onProgress?: ((progress: RunProgress) => void) | undefined;
  /** Told who is waited for while a judge takes long to answer (default: a warning of the process). */
  readonly onWaiting?: ((waiting: Waiting) => void) | undefined;
}

/**
 * Finds something out of each unit of a run that is not in its log yet, and records it.
 *
 * @param score - Of the completions after a prompt.
 */
export async function scoreUnits<R extends object>(
  run: RunDirectory,
  { path, header, check }: ScoreLog,
  score: (completions: UnitResult['completions'], prompt: RunDirectory['prompts'][number]) => Promise<R>,
  { signal, onProgress }: ReadRunOptions = {},
): Promise<void> {
  const promptKey = (suite: string, id: string) => unitKey({ method: '', suite, prompt: id });
  const prompts = new Map(run.prompts.map((prompt) => [promptKey(prompt.suite, prompt.id), prompt]));
  const total = run.prompts.length * run.plan.methods.length;
  const log = await openUnitLog<Unit & R>(path, header, check);
  try {
    onProgress?.({ done: log.size, total });
    for await (const { method, suite, prompt, completions } of readCompletions(run)) {
      throwIfAborted(signal);
      const found = prompts.get(promptKey(suite, prompt));
      if (found === undefined || log.has({ method, suite, prompt })) continue;
      await log.append({ method, suite, prompt, ...(await score(completions, found)) });
      onProgress?.({ done: log.size, total });
    }
  } finally {
    await log.close();
  }
}
