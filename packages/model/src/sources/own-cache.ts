import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory } from '../cache.js';
import { CATALOGUE, type CatalogueEntry } from '../catalogue.js';
import type { Source } from './source.js';

/** Where a model of the catalogue is kept. */
export function cachedPath(entry: CatalogueEntry): string {
  return join(cacheDirectory(), 'models', entry.name, entry.file);
}

/** The catalogue's entry of a name. */
export function catalogueEntry(spec: string): CatalogueEntry | undefined {
  return CATALOGUE.find((entry) => entry.name === spec.toLowerCase());
}

/** Models of the catalogue that were fetched before. They were verified before they got their name. */
export const ownCache: Source = {
  name: 'own cache',
  find: async (spec) => {
    const entry = catalogueEntry(spec);
    if (entry === undefined) return undefined;
    const path = cachedPath(entry);
    return stat(path).then(
      () => path,
      () => undefined,
    );
  },
};

/** Names and paths of the models in the own cache. */
export async function listCachedModels(): Promise<{ name: string; path: string; bytes: number }[]> {
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
