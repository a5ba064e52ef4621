import type { LoadProgress } from '@halfspace/backend-onnx';
import { createProgress, megabytes, uncounted, type Progress } from '../terminal/progress.js';

const LABELS: Readonly<Record<LoadProgress['phase'], string>> = {
  download: 'Downloading',
  unpack: 'Unpacking',
  verify: 'Verifying',
  compile: 'Compiling',
  measure: 'Measuring',
};

/** Shows the phases of fetching and loading a model, one bar after the other. */
export interface LoadBars {
  /** What `createOnnxBackend` takes under this name. */
  readonly onProgress: (progress: LoadProgress) => void;
  /** Takes a bar off the screen that is still there. Idempotent. */
  stop(): void;
}

/** Makes the bars of {@link LoadBars}. */
export function createLoadBars(): LoadBars {
  let current: { readonly phase: string; readonly progress: Progress } | undefined;

  function stop(): void {
    current?.progress.stop();
    current = undefined;
  }

  function onProgress({ phase, done, total }: LoadProgress): void {
    if (total === undefined) return;
    if (current?.phase !== phase) {
      stop();
      current = {
        phase,
        progress: createProgress(LABELS[phase], phase === 'measure' ? uncounted : megabytes),
      };
    }
    current?.progress.update(done, total);
    if (done >= total) stop();
  }

  return { onProgress, stop };
}
