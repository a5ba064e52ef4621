import { checkPlugin, didYouMean, HalfspaceError, isHalfspaceError, type Judge } from '@halfspace/core';
import { createJudge, evaluateModule, JUDGE } from '@halfspace/evaluate';
import { importFault, importModule } from '../../config/import-module.js';
import { projectRegistry } from '../../config/project-modules.js';
import { createLoadBars } from '../../model/load-bars.js';

/**
 * The judge of a name that comes with the kit or that a module of the config binds, or the one that a module exports, by default or as its only one.
 *
 * @throws HalfspaceError `judge-not-found`, `plugin-failed`, `no-judge`, `contract-mismatch`, `bad-judge`; what making a
 * known judge throws
 */
export async function loadJudge(path: string, signal: AbortSignal): Promise<Judge> {
  const registry = await projectRegistry(evaluateModule);
  const names = registry.names(JUDGE);
  if (!names.includes(path)) return judgeOfModule(path, names);
  const bars = createLoadBars();
  return createJudge(path, { signal, onProgress: bars.onProgress }, registry).finally(() => bars.stop());
}

async function judgeOfModule(path: string, names: readonly string[]): Promise<Judge> {
  const exports = await importModule(path).catch((error: unknown) => {
    const missing = error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
    throw new HalfspaceError(
      missing ? 'judge-not-found' : 'plugin-failed',
      `${path} cannot be imported: ${importFault(error)}.${didYouMean(path, names)} It is a module, or one of ${names.join(', ')}.`,
      { cause: error },
    );
  });
  const all = [...new Set(Object.values(exports).filter(isJudge))];
  const found = isJudge(exports['default']) ? [exports['default']] : all;
  if (found.length !== 1) {
    throw new HalfspaceError(
      'no-judge',
      `${path} exports ${found.length === 0 ? 'no judge' : 'several judges'}. Export one that defineJudge has made, by default or alone.`,
    );
  }
  check(found[0], path);
  return found[0];
}

function check(judge: Judge, path: string): void {
  try {
    checkPlugin('judge', judge);
  } catch (error) {
    if (!isHalfspaceError(error)) throw error;
    throw new HalfspaceError(error.code, `${path} cannot be used. ${error.message}`, { cause: error });
  }
}

function isJudge(value: unknown): value is Judge {
  return typeof value === 'object' && value !== null && 'score' in value && 'desired' in value;
}
