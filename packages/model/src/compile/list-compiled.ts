import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDirectory } from '../cache.js';
import { COMPILED, GRAPH_FORMAT, readPlaceName } from './graphs-place.js';
import { placesInUse, readUse } from './uses.js';

/** A model's graphs in the cache. */
export interface CompiledGraphs {
  /** The directory. */
  readonly path: string;
  /** Name of the model; null where the graphs were made before that was noted. */
  readonly model: string | null;
  /** Where the model's file was when the graphs were last used; null as for `model`. */
  readonly source: string | null;
  /** The first 16 digits of the model's fingerprint. */
  readonly fingerprint: string;
  /** Arithmetic of the graphs. */
  readonly precision: string;
  /** Bytes on the disk. */
  readonly bytes: number;
  /** When they were last used, or made where no use was noted. */
  readonly lastUsed: Date;
  /** Whether a process has them loaded. */
  readonly inUse: boolean;
  /** Whether this version makes graphs of another format, so that these are not used any more. */
  readonly outdated: boolean;
}

/** Bytes of a file, or of all files in a directory; 0 of what is not there. */
export async function bytesAt(path: string): Promise<number> {
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory() !== true) return found?.size ?? 0;
  const names = await readdir(path).catch(() => []);
  const sizes = await Promise.all(names.map(async (name) => bytesAt(join(path, name))));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/**
 * The compiled models in a cache, those used last first.
 *
 * @param cache - Default: {@link cacheDirectory}.
 */
export async function listCompiled(cache = cacheDirectory()): Promise<CompiledGraphs[]> {
  const names = await readdir(join(cache, COMPILED)).catch(() => []);
  const inUse = await placesInUse(cache);
  const found = names.map(async (name): Promise<CompiledGraphs[]> => {
    const said = readPlaceName(name);
    const path = join(cache, COMPILED, name);
    const directory = await stat(path).catch(() => undefined);
    if (said === undefined || directory === undefined) return [];
    const use = await readUse(cache, name);
    const { fingerprint, precision, format } = said;
    return [
      {
        path,
        model: use?.model ?? null,
        source: use?.source ?? null,
        fingerprint,
        precision,
        bytes: await bytesAt(path),
        lastUsed: use?.at ?? directory.mtime,
        inUse: inUse.has(name),
        outdated: format !== GRAPH_FORMAT,
      },
    ];
  });
  return (await Promise.all(found)).flat().sort((a, b) => b.lastUsed.getTime() - a.lastUsed.getTime());
}
