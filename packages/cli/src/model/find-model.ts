import { modelModule, resolveModel } from '@halfspace/model';
import { findConfig } from '../config/find-config.js';
import { projectRegistry } from '../config/project-modules.js';
import { createLoadBars } from './load-bars.js';

/**
 * Finds a model as `resolveModel` does, fetching it if need be, and shows how far that has come. One that is
 * not named is that of the config, if there is one.
 */
export async function findModel(
  spec: string | undefined,
  signal: AbortSignal,
): ReturnType<typeof resolveModel> {
  const named = spec ?? (await findConfig())?.model;
  const registry = await projectRegistry(modelModule);
  const bars = createLoadBars();
  return resolveModel(named, { registry, signal, onProgress: bars.onProgress }).finally(() => bars.stop());
}
