import { dirname, isAbsolute, resolve } from 'node:path';
import { HalfspaceError } from '@halfspace/core';
import { lilconfig } from 'lilconfig';
import type { HalfspaceConfig } from './config.js';
import { importFault, importModule } from './import-module.js';

/** A config that was found, its paths made absolute. */
export interface FoundConfig extends HalfspaceConfig {
  /** Where it is. */
  readonly path: string;
}

const explorer = lilconfig('halfspace', {
  searchPlaces: ['halfspace.config.ts', 'halfspace.config.js', 'halfspace.config.json'],
  loaders: { '.ts': loadModule, '.js': loadModule, '.json': loadJson },
  ignoreEmptySearchPlaces: false,
});

/**
 * The config of the working directory or of the nearest directory above it that has one. It is read once.
 *
 * @throws HalfspaceError `bad-config` when it cannot be read or is not one
 */
export async function findConfig(): Promise<FoundConfig | undefined> {
  const found = await explorer.search();
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

async function loadJson(path: string, content: string): Promise<unknown> {
  return Promise.resolve(content)
    .then((text) => JSON.parse(text) as unknown)
    .catch(refuse(path));
}

function refuse(path: string): (error: unknown) => never {
  return (error) => {
    throw new HalfspaceError('bad-config', `${path} cannot be read: ${importFault(error)}.`, {
      cause: error,
    });
  };
}

function withPaths(config: HalfspaceConfig, directory: string): HalfspaceConfig {
  const { attributes, model } = config;
  const absolute = (text: string) => (isPlace(text) ? resolve(directory, text) : text);
  return {
    ...config,
    ...(attributes !== undefined && { attributes: attributes.map(absolute) }),
    ...(model !== undefined && { model: absolute(model) }),
  };
}
