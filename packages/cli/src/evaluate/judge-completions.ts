import { judgeRun, readRunWith, type RunDirectory } from '@halfspace/evaluate';
import { createProgress } from '../progress.js';
import { withBackend } from '../with-backend.js';
import type { EvaluateFlags } from '../commands/evaluate.js';
import { noteWaiting } from '../note-waiting.js';
import type { Judge } from '@halfspace/core';

/** So that figures can be compared: which arithmetic is the faster one differs between methods and machines. */
export const PRECISION = 'f32';

/** Has judges score, and models read, what of a run they have not yet. */
export async function judgeCompletions(
  run: RunDirectory,
  judges: readonly Judge[],
  { reader = [], precision = PRECISION, threads }: EvaluateFlags,
  signal: AbortSignal,
): Promise<void> {
  for (const judge of judges) {
    await shown(`Judging by ${judge.name}`, async (onProgress) =>
      judgeRun(run, judge, { signal, onProgress, onWaiting: noteWaiting }),
    );
  }
  for (const model of reader) {
    await withBackend(
      { model, precision, ...(threads !== undefined && { threads }) },
      signal,
      async (backend) =>
        shown(`Reading with ${backend.model.name}`, async (onProgress) =>
          readRunWith(run, backend, { signal, onProgress }),
        ),
    );
  }
}

/** Shows how far some work is. */
export async function shown(
  label: string,
  work: (onProgress: (progress: { done: number; total: number }) => void) => Promise<void>,
): Promise<void> {
  const progress = createProgress(label);
  await work(({ done, total }) => progress.update(done, total)).finally(() => progress.stop());
}
