import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HalfspaceError } from '@halfspace/core';
import { cacheDirectory, fingerprintFile } from '../cache.js';
import { findInCatalogue, type CatalogueEntry } from '../catalogue.js';
import type { Source } from './source.js';

/** Where a model of the catalogue is kept. */
export function cachedPath(entry: CatalogueEntry): string {
  return join(cacheDirectory(), 'models', entry.name, entry.file);
}

/** Models of the catalogue that were fetched before. One whose bytes have changed since is fetched again. */
export const ownCache: Source = {
  name: 'own cache',
  find: async (spec, { catalogue, offline }) => {
    const entry = findInCatalogue(spec, catalogue);
    if (entry === undefined) return undefined;
    const path = cachedPath(entry);
    const found = await fingerprintFile(path).catch(() => undefined);
    if (found === entry.sha256) return path;
    if (found === undefined || offline !== true) return undefined;
    throw new HalfspaceError(
      'checksum-mismatch',
      `${path} is damaged: it has the sha-256 ${found}, where ${entry.sha256} belongs. Fetch it again when there is a network.`,
    );
  },
};

/** The models in the own cache. */
export async function listCachedModels(): Promise<
  {
    /** The name that users write. */
    name: string;
    /** Where it is. */
    path: string;
    /** Size of the file. */
    bytes: number;
  }[]
> {
  const directory = join(cacheDirectory(), 'models');
  const names = await readdir(directory).catch(() => []);
  const found = await Promise.all(
    names.map(async (name) => {
      const files = await readdir(join(directory, name)).catch(() => []);
      const whole = files.filter((file) => file.endsWith('.gguf'));
      return Promise.all(
        whole.map(async (file) => {
          const path = join(directory, name, file);
          return { name, path, bytes: (await stat(path)).size };
        }),
      );
    }),
  );
  return found.flat();
}
