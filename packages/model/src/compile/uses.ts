import { mkdir, readdir, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { partialPath, removeAbandoned } from '@halfspace/files';
import { writeCached } from '../cache.js';
import { isJsonObject } from '../json-object.js';
import type { ModelFile } from '../weights.js';

/** Which model some graphs were made of, and when they were last used. */
export interface Use {
  /** Name of the model. */
  readonly model: string;
  /** Where its file was when the graphs were last used. */
  readonly source: string;
  readonly at: Date;
}

/** Beside the graphs, which never change: what is said here is of their use. */
const directoryOf = (cache: string) => join(cache, 'used');
const recordOf = (cache: string, place: string) => join(directoryOf(cache), `${place}.json`);

/** Notes that graphs are used now. A cache that cannot be written is used without. */
export async function noteUse(
  cache: string,
  place: string,
  { name, path }: Pick<ModelFile, 'name' | 'path'>,
): Promise<void> {
  const record = recordOf(cache, place);
  const text = JSON.stringify({ model: name, source: path });
  const now = new Date();
  if ((await readFile(record, 'utf8').catch(() => '')) === text)
    await utimes(record, now, now).catch(() => undefined);
  else await writeCached(record, text).catch(() => undefined);
}

/** When graphs were last used, and what of; undefined where that is not known. */
export async function readUse(cache: string, place: string): Promise<Use | undefined> {
  const record = recordOf(cache, place);
  try {
    const { mtime } = await stat(record);
    const value: unknown = JSON.parse(await readFile(record, 'utf8'));
    if (!isJsonObject(value)) return undefined;
    const { model, source } = value;
    return typeof model === 'string' && typeof source === 'string' ? { model, source, at: mtime } : undefined;
  } catch {
    return undefined;
  }
}

/** Forgets the use of graphs that are gone. */
export async function forgetUse(cache: string, place: string): Promise<void> {
  await rm(recordOf(cache, place), { force: true }).catch(() => undefined);
}

/**
 * Marks a directory of graphs as one that this process has loaded, so that nobody takes it for old. The mark of a process that has
 * ended counts for nothing.
 *
 * @param directory - Of the graphs, in a cache.
 * @returns What takes the mark away again. Idempotent.
 */
export async function markInUse(directory: string): Promise<() => Promise<void>> {
  const cache = dirname(dirname(directory));
  const mark = await partialPath(recordOf(cache, basename(directory)));
  await mkdir(dirname(mark), { recursive: true })
    .then(async () => writeFile(mark, ''))
    // A cache that cannot be written cannot be pruned, either.
    .catch(() => undefined);
  return async () => rm(mark, { force: true }).catch(() => undefined);
}

/** Names of the directories of graphs that a process has loaded which has not ended. */
export async function placesInUse(cache: string): Promise<Set<string>> {
  await removeAbandoned(directoryOf(cache));
  const names = await readdir(directoryOf(cache)).catch(() => []);
  return new Set(
    names.flatMap((name) => (name.endsWith('.partial') ? [name.slice(0, name.indexOf('.json.'))] : [])),
  );
}
