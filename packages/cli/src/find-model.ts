import { resolveModel } from '@halfspace/model';
import { createLoadBars } from './load-bars.js';

/** Finds a model as `resolveModel` does, fetching it if need be, and shows how far that has come. */
export async function findModel(
  spec: string | undefined,
  signal: AbortSignal,
): ReturnType<typeof resolveModel> {
  const bars = createLoadBars();
  return resolveModel(spec, { signal, onProgress: bars.onProgress }).finally(() => bars.stop());
}
