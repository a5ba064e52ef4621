import { dirname, isAbsolute, resolve } from 'node:path';
import { HalfspaceError } from '@halfspace/core';
import { lilconfig, type AsyncSearcher } from 'lilconfig';
import type { HalfspaceConfig } from './config.js';
import { CONFIG_FILES } from './config-files.js';
import { importFault, importModule } from './import-module.js';
import { readJson } from '../data/read-json.js';
import { readText } from '../data/read-text.js';
import { projectOf } from './project-of.js';

/** A config that was found, its paths made absolute. */
export interface FoundConfig extends HalfspaceConfig {
  /** Where it is. */
  readonly path: string;
}

const SEARCH = {
  searchPlaces: CONFIG_FILES,
  loaders: { '.ts': loadModule, '.js': loadModule, '.json': loadJson },
  ignoreEmptySearchPlaces: false,
};

/** Those that have searched, by the directory at which they stop: each remembers what it has read. */
const explorers = new Map<string, AsyncSearcher>();

function explorerUpTo(stopDir: string): AsyncSearcher {
  const found = explorers.get(stopDir) ?? lilconfig('halfspace', { ...SEARCH, stopDir });
  explorers.set(stopDir, found);
  return found;
}

/**
 * The config of the working directory or of the nearest directory above it that has one, up to the project's own (see
 * `projectOf`): a config is code. It is read once.
 *
 * @throws HalfspaceError `bad-config` when it cannot be read or is not one
 */
export async function findConfig(): Promise<FoundConfig | undefined> {
  const here = process.cwd();
  const found = await explorerUpTo(projectOf(here)).search(here);
  if (found === null) return undefined;
  const { filepath: path } = found;
  // Loaded on demand: it takes a tenth of a second, which those without a config need not wait for.
  const { checkConfig } = await import('./check-config.js');
  return { path, ...withPaths(checkConfig(found.config, path), dirname(path)) };
}

/** Whether a text names a place in the file system, and not a package or a model. */
export function isPlace(text: string): boolean {
  return /^\.{1,2}([\\/]|$)/.test(text) || isAbsolute(text);
}

async function loadModule(path: string): Promise<unknown> {
  const exports = await importModule(path).catch(refuse(path));
  return exports['default'];
}

async function loadJson(path: string): Promise<unknown> {
  return readText(path).then(readJson).catch(refuse(path));
}

function refuse(path: string): (error: unknown) => never {
  return (error) => {
    throw new HalfspaceError('bad-config', `${path} cannot be read: ${importFault(error)}.`, {
      cause: error,
    });
  };
}

function withPaths(config: HalfspaceConfig, directory: string): HalfspaceConfig {
  const { attributes, model, modules, chatTemplate } = config;
  const absolute = (text: string) => (isPlace(text) ? resolve(directory, text) : text);
  return {
    ...config,
    ...(attributes !== undefined && { attributes: attributes.map(absolute) }),
    ...(model !== undefined && { model: absolute(model) }),
    ...(chatTemplate !== undefined && { chatTemplate: resolve(directory, chatTemplate) }),
    ...(modules !== undefined && {
      modules: modules.map((each) => (typeof each === 'string' ? absolute(each) : each)),
    }),
  };
}
