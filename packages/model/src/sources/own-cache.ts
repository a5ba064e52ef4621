import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HalfspaceError } from '@halfspace/core';
import { cacheDirectory, verifiedFingerprint } from '../cache.js';
import { CATALOGUE, findInCatalogue, type CatalogueEntry } from '../catalogue.js';
import type { Source } from './source.js';

/** The directory that keeps a model of the catalogue. */
export function cachedDirectory(entry: CatalogueEntry): string {
  return join(cacheDirectory(), 'models', entry.name);
}

/** Where a model of the catalogue is kept: its file, or the directory of its files. */
export function cachedPath(entry: CatalogueEntry): string {
  const directory = cachedDirectory(entry);
  const [first, ...others] = entry.files;
  return first === undefined || others.length > 0 ? directory : join(directory, first.name);
}

/** Models of the catalogue that were fetched before. One whose bytes have changed since is fetched again. */
export const ownCache: Source = {
  name: 'own cache',
  find: async (spec, { catalogue, offline }) => {
    const entry = findInCatalogue(spec, catalogue);
    if (entry === undefined) return undefined;
    for (const { name, sha256 } of entry.files) {
      const path = join(cachedDirectory(entry), name);
      const found = await verifiedFingerprint(path).catch(() => undefined);
      if (found === sha256) continue;
      if (found === undefined || offline !== true) return undefined;
      throw new HalfspaceError(
        'checksum-mismatch',
        `${path} is damaged: it has the sha-256 ${found}, where ${sha256} belongs. Fetch it again when there is a network.`,
      );
    }
    return cachedPath(entry);
  },
};

/** The models of the catalogue that are in the own cache. */
export async function listCachedModels(catalogue: readonly CatalogueEntry[] = CATALOGUE): Promise<
  {
    /** The name that users write. */
    name: string;
    /** Where it is. */
    path: string;
    /** Size of its files. */
    bytes: number;
  }[]
> {
  const found = await Promise.all(
    catalogue.map(async (entry) => {
      const sizes = entry.files.map(
        async ({ name }) => (await stat(join(cachedDirectory(entry), name))).size,
      );
      return Promise.all(sizes).then(
        (all) => [
          { name: entry.name, path: cachedPath(entry), bytes: all.reduce((sum, size) => sum + size, 0) },
        ],
        () => [],
      );
    }),
  );
  return found.flat();
}
