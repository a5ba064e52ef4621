import { availableParallelism } from 'node:os';
import { createOnnxBackend, type Device } from '@halfspace/backend-onnx';
import {
  HalfspaceError,
  isHalfspaceError,
  withControlTokens,
  type Backend,
  type KnownModel,
} from '@halfspace/core';
import { findConfig } from '../config/find-config.js';
import { projectModules } from '../config/project-modules.js';
import { createLoadBars } from './load-bars.js';
import { readText } from '../data/read-text.js';
import type { ModelFlags } from '../options/model.js';
import { note } from '../terminal/output.js';

/** Which model to load, and what to do before. */
export interface BackendFlags extends ModelFlags {
  /** Called before the model is compiled or loaded; what it throws ends that. */
  readonly onFound?: (model: KnownModel) => void;
}

/** Loads the model that the flags name, or else the config, lends it out with what runs it, and frees it however that ends. */
export async function withBackend<T>(
  flags: BackendFlags,
  signal: AbortSignal,
  use: (backend: Backend, device: Device) => Promise<T>,
): Promise<T> {
  const config = await findConfig();
  const { model, precision, device, threads, controlTokens, onFound }: BackendFlags = { ...config, ...flags };
  // That of the config is for the model of the config.
  const template = flags.chatTemplate ?? (flags.model === undefined ? config?.chatTemplate : undefined);
  const chatTemplate = template === undefined ? undefined : await readText(template, signal);
  const cores = availableParallelism();
  if (threads !== undefined && threads > cores)
    note(`${threads} threads are more than this machine has cores; it runs with ${cores}.`);
  const modules = await projectModules();
  const bars = createLoadBars();
  const backend = await createOnnxBackend({
    ...(model !== undefined && { model }),
    ...(precision !== undefined && { precision }),
    ...(device !== undefined && { device }),
    ...(threads !== undefined && { threads }),
    ...(chatTemplate !== undefined && { chatTemplate }),
    modules,
    signal,
    onProgress: bars.onProgress,
    ...(onFound !== undefined && { onFound: (found) => withAdvice(() => onFound(found), model) }),
  }).finally(() => bars.stop());
  try {
    return await use(controlTokens === true ? withControlTokens(backend) : backend, backend.device);
  } finally {
    await backend.dispose();
  }
}

/** The values whose packages know how to read the labels of their own data. */
const ADAPTABLE = new Set(['nontoxic', 'helpful', 'truthful']);

/** Adds to the error of a value that is not there for a model the command that makes it. */
function withAdvice(check: () => void, model: string | undefined): void {
  try {
    check();
  } catch (error) {
    if (!isHalfspaceError(error, 'subspace-of-another-model')) throw error;
    const [, value = ''] = /^The attribute "([^"]+)"/.exec(error.message) ?? [];
    if (!ADAPTABLE.has(value)) throw error;
    throw new HalfspaceError(
      error.code,
      `${error.message} Run: npx halfspace fit --model ${model ?? 'smollm2-135m-instruct'} --attribute ${value} --data ROWS --output ${value}.json`,
      { cause: error },
    );
  }
}
