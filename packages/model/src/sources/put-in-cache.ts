import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { HalfspaceError, throwIfAborted } from '@halfspace/core';
import { partialPath, putInPlace, removeAbandoned } from '@halfspace/files';
import { explainWriteError, hashFile } from '../cache.js';
import type { CatalogueEntry } from '../catalogue.js';
import { cachedDirectory, cachedPath } from './own-cache.js';
import type { SourceOptions } from './source.js';

async function verify(directory: string, { name, files }: CatalogueEntry, options: SourceOptions) {
  const sizes = await Promise.all(files.map(async (file) => (await stat(join(directory, file.name))).size));
  const total = sizes.reduce((sum, size) => sum + size, 0);
  let before = 0;
  for (const [index, file] of files.entries()) {
    const onBytes = (done: number) => options.onProgress?.({ phase: 'verify', done: before + done, total });
    const found = await hashFile(join(directory, file.name), {
      onBytes,
      ...(options.signal && { signal: options.signal }),
    });
    throwIfAborted(options.signal);
    before += sizes[index];
    if (found === file.sha256) continue;
    throw new HalfspaceError(
      'checksum-mismatch',
      `What was fetched as ${file.name} of ${name} has the sha-256 ${found}, where ${file.sha256} belongs. It was removed; try again, and distrust the mirror if this stays.`,
    );
  }
}

/**
 * Puts the files of a model of the catalogue into the own cache. They get their places only when all are verified.
 *
 * @param fetch - Writes them into a directory, the second; the first is for what it needs besides. Both are removed.
 * @returns Where the model is.
 */
export async function putInCache(
  entry: CatalogueEntry,
  options: SourceOptions,
  fetch: (work: string, target: string) => Promise<void>,
): Promise<string> {
  throwIfAborted(options.signal);
  const directory = cachedDirectory(entry);
  const work = await partialPath(join(directory, 'fetched'));
  const target = join(work, 'files');
  try {
    await removeAbandoned(directory);
    await mkdir(target, { recursive: true });
    await fetch(work, target);
    await verify(target, entry, options);
    for (const { name } of entry.files) await putInPlace(join(target, name), join(directory, name));
    return cachedPath(entry);
  } catch (error) {
    throwIfAborted(options.signal);
    throw explainWriteError(error, directory);
  } finally {
    await rm(work, { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}
