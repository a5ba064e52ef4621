import { createOnnxBackend } from '@halfspace/backend-onnx';
import type { Backend } from '@halfspace/core';
import { findConfig } from './find-config.js';
import { createLoadBars } from './load-bars.js';
import type { ModelFlags } from './options/model.js';

/** Loads the model that the flags name, or else the config, lends it out, and frees it however that ends. */
export async function withBackend<T>(
  flags: ModelFlags,
  signal: AbortSignal,
  use: (backend: Backend) => Promise<T>,
): Promise<T> {
  const { model, precision, threads }: ModelFlags = { ...(await findConfig()), ...flags };
  const bars = createLoadBars();
  const backend = await createOnnxBackend({
    ...(model !== undefined && { model }),
    ...(precision !== undefined && { precision }),
    ...(threads !== undefined && { threads }),
    signal,
    onProgress: bars.onProgress,
  }).finally(() => bars.stop());
  try {
    return await use(backend);
  } finally {
    await backend.dispose();
  }
}
