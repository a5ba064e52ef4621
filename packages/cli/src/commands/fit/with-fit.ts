import type { Backend } from '@halfspace/core';
import { type DataReport, type FitOptions, type FitState, writeFitState } from '@halfspace/subspace';
import type { FitFlags } from './flags.js';
import { type LeftOut, tellOfData } from '../../data/fit-data.js';
import { fitOptionsOf } from './fit-options.js';
import { createProgress } from '../../terminal/progress.js';
import { withBackend } from '../../model/with-backend.js';

/** Where a fit goes on from, and what it tells of. */
interface FitRun {
  /** What is going on, for the progress bar. */
  readonly title: string;
  readonly state: FitState | undefined;
  /** File that what is done so far is kept in. */
  readonly statePath: string;
  /** How many rows the last reading left out. */
  readonly leftOut: () => LeftOut;
}

/** What is told of the data of a fit. */
interface FitReport extends DataReport {
  readonly leftOut: LeftOut;
}

/** Loads the model and goes over rows as the flags say: tells of the data, shows progress and keeps the state. */
export async function withFit<T>(
  flags: FitFlags,
  { title, state, statePath, leftOut }: FitRun,
  signal: AbortSignal,
  work: (backend: Backend, options: FitOptions) => Promise<T>,
): Promise<{ readonly result: T; readonly report: FitReport | undefined }> {
  let report: FitReport | undefined;
  const result = await withBackend(flags, signal, async (backend) => {
    const progress = createProgress(title, (done, total) => `${done} of ${total} tokens`);
    return work(backend, {
      ...fitOptionsOf(flags, backend.model),
      state,
      signal,
      onReport(found) {
        report = { ...found, leftOut: leftOut() };
        tellOfData(found, report.leftOut);
      },
      onState: async (reached) => writeFitState(statePath, reached),
      onProgress: ({ done, total }) => progress.update(done, total),
    }).finally(() => progress.stop());
  });
  return { result, report };
}
