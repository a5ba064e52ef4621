import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { CONFIG_FILES } from './config-files.js';
import { projectOf } from './project-of.js';

/** Whether the user asks for help, of whichever command. */
function asksForHelp(words: readonly string[]): boolean {
  return (
    words.length === 0 || words[0] === 'help' || words.some((word) => word === '--help' || word === '-h')
  );
}

/** Whether there may be a config: help need not load for it what takes longer than all the rest. */
function mayHaveConfig(here: string): boolean {
  const last = projectOf(here);
  for (let each = here; ; each = dirname(each)) {
    if (CONFIG_FILES.some((name) => existsSync(join(each, name)))) return true;
    if (each === last || each === dirname(each)) return false;
  }
}

/**
 * What the modules of the config add, in a line for help, such as `The modules of halfspace.config.ts add: judge brevity.` A config
 * that cannot be used is told of, and help is given all the same.
 *
 * @returns Empty where help is not asked for, or nothing is added.
 */
export async function addedNames(words: readonly string[]): Promise<string> {
  if (!asksForHelp(words) || !mayHaveConfig(process.cwd())) return '';
  try {
    return await linesOfModules();
  } catch (error) {
    return `The modules of the config cannot be used: ${error instanceof Error ? error.message : String(error)}`;
  }
}

async function linesOfModules(): Promise<string> {
  const [{ findConfig }, { projectModules, projectRegistry }] = await Promise.all([
    import('./find-config.js'),
    import('./project-modules.js'),
  ]);
  const config = await findConfig();
  if (config === undefined || (await projectModules()).length === 0) return '';
  const [{ ATTRIBUTE }, { JUDGE, METHOD, SUITE }, { MODEL_FAMILY, MODEL_SOURCE }] = await Promise.all([
    import('@halfspace/core'),
    import('@halfspace/evaluate'),
    import('@halfspace/model'),
  ]);
  const registry = await projectRegistry();
  const lists = [MODEL_FAMILY, MODEL_SOURCE, METHOD, JUDGE, SUITE, ATTRIBUTE].flatMap((point) => {
    const names = registry.names(point);
    return names.length === 0 ? [] : [`${point.name} ${names.join(', ')}`];
  });
  return `The modules of ${basename(config.path)} add: ${lists.join('; ') || 'nothing'}.`;
}
