import { checkPlugin, guardPlugin, type Judge, type Registry } from '@halfspace/core';
import { evaluateRegistry } from '../evaluate-module.js';
import { JUDGE } from '../extension-points.js';
import type { KnownJudgeOptions } from './known-judge.js';

/**
 * Makes a judge by its name.
 *
 * @param registry - Where it is looked up (default: those of this package alone).
 * @throws HalfspaceError `judge-not-found`, `bad-judge` where what a module made is none, `plugin-failed`; what making it throws
 */
export async function createJudge(
  name: string,
  options: KnownJudgeOptions = {},
  registry?: Registry,
): Promise<Judge> {
  const known = (registry ?? (await evaluateRegistry())).get(JUDGE, name);
  return guardPlugin(
    `judge "${name}"`,
    async () => {
      const judge = await known.create(options);
      checkPlugin('judge', judge);
      return judge;
    },
    options.signal,
  );
}
