import { judgeRun, readRunWith, type RunDirectory } from '@halfspace/evaluate';
import { withBackend } from '../../model/with-backend.js';
import type { EvaluateFlags } from './flags.js';
import { noteWaiting } from '../../terminal/note-waiting.js';
import type { Judge } from '@halfspace/core';
import { PRECISION } from '../../options/model.js';
import { shown } from '../../terminal/progress.js';

/** Has judges score, and models read, what of a run they have not yet. */
export async function judgeCompletions(
  run: RunDirectory,
  judges: readonly Judge[],
  { referenceModel = [], precision = PRECISION, threads }: EvaluateFlags,
  signal: AbortSignal,
): Promise<void> {
  for (const judge of judges) {
    await shown(`Judging by ${judge.name}`, async (onProgress) =>
      judgeRun(run, judge, { signal, onProgress, onWaiting: noteWaiting }),
    );
  }
  for (const model of referenceModel) {
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
