import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HalfspaceError } from '@halfspace/core';
import { cacheDirectory, verifiedFingerprint } from '../cache.js';
import { CATALOGUE, findInCatalogue, type CatalogueEntry } from '../catalogue.js';
import type { Source, SourceModel } from './source.js';

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
  list: async ({ catalogue = CATALOGUE }) => Promise.all(catalogue.map(listed)),
};

async function listed(entry: CatalogueEntry): Promise<SourceModel> {
  const { name, kind, licence, files } = entry;
  const sizes = files.map(async (file) => (await stat(join(cachedDirectory(entry), file.name))).size);
  return Promise.all(sizes).then(
    (all) => ({
      name,
      kind,
      licence,
      path: cachedPath(entry),
      bytes: all.reduce((sum, size) => sum + size, 0),
    }),
    () => ({ name, kind, licence }),
  );
}
