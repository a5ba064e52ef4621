import { stat } from 'node:fs/promises';
import { pathToFileURL } from 'node:url';
import {
  createRegistry,
  HalfspaceError,
  isHalfspaceError,
  type PluginModule,
  type Registry,
} from '@halfspace/core';
import { findConfig, isPlace, type FoundConfig } from './find-config.js';
import { importFault, importModule, type ModuleExports } from './import-module.js';
import { mainPath, packagePath } from './module-path.js';

const NOT_FOUND = 'module-not-found';

/** What has been loaded, by the config that names it: a module is code, and is run once. */
const loaded = new Map<string, Promise<PluginModule[]>>();

/**
 * The modules of the config, in its order; none where there is no config.
 *
 * @throws HalfspaceError `bad-config`; `module-not-found`, `plugin-failed` and `bad-module` for one that cannot be used
 */
export async function projectModules(): Promise<PluginModule[]> {
  const config = await findConfig();
  if (config?.modules === undefined) return [];
  const found = loaded.get(config.path) ?? load(config, config.modules);
  loaded.set(config.path, found);
  return found;
}

/**
 * What the modules of the config bind, and those of packages after them: the one place where a command looks names up.
 *
 * @throws HalfspaceError as {@link projectModules} and `createRegistry`
 */
export async function projectRegistry(...own: readonly PluginModule[]): Promise<Registry> {
  return await createRegistry([...(await projectModules()), ...own]);
}

async function load(
  config: FoundConfig,
  modules: NonNullable<FoundConfig['modules']>,
): Promise<PluginModule[]> {
  const found: PluginModule[] = [];
  // One after the other: what they do when they are run may depend on it.
  for (const each of modules) found.push(typeof each === 'string' ? await moduleOf(each, config) : each);
  return found;
}

async function moduleOf(source: string, { path: config }: FoundConfig): Promise<PluginModule> {
  const path = isPlace(source) ? await fileAt(source) : packagePath(source, pathToFileURL(config), NOT_FOUND);
  const exports = await importModule(path).catch((cause: unknown) => {
    const code = isHalfspaceError(cause) ? cause.code : 'plugin-failed';
    throw new HalfspaceError(code, `${source} cannot be imported: ${importFault(cause)}.`, { cause });
  });
  return moduleAmong(exports, source);
}

async function fileAt(path: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) throw new HalfspaceError(NOT_FOUND, `There is nothing at ${path}.`);
  return found.isDirectory() ? mainPath(path, NOT_FOUND) : path;
}

function moduleAmong(exports: ModuleExports, source: string): PluginModule {
  const all = [...new Set(Object.values(exports).filter(isModule))];
  const found = isModule(exports['default']) ? [exports['default']] : all;
  if (found.length === 1) return found[0];
  throw new HalfspaceError(
    'bad-module',
    `${source} exports ${found.length === 0 ? 'no module' : 'several modules'}. Export one that definePluginModule has made, by default or alone.`,
  );
}

function isModule(value: unknown): value is PluginModule {
  return typeof value === 'object' && value !== null && 'specificationVersion' in value && 'bind' in value;
}
