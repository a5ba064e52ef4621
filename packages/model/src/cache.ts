import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { throwIfAborted } from '@halfspace/core';
import envPaths from 'env-paths';

/** Where models and what is made of them are kept: `HALFSPACE_CACHE`, or the system's place for caches. */
export function cacheDirectory(): string {
  return process.env['HALFSPACE_CACHE'] ?? envPaths('halfspace', { suffix: '' }).cache;
}

/** Writes a file beside its place and renames it, so that a reader never sees half of it. */
export async function writeAtomically(path: string, data: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.partial`;
  await mkdir(dirname(path), { recursive: true });
  try {
    await writeFile(temporary, data);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
}

/** sha-256 (hex) of a file, read once in a stream. */
export async function hashFile(
  path: string,
  options: { signal?: AbortSignal; onBytes?: (done: number) => void } = {},
): Promise<string> {
  const hash = createHash('sha256');
  let done = 0;
  for await (const chunk of createReadStream(path, { highWaterMark: 2 ** 20 })) {
    throwIfAborted(options.signal);
    hash.update(chunk as Buffer);
    done += (chunk as Buffer).length;
    options.onBytes?.(done);
  }
  return hash.digest('hex');
}

/** sha-256 of a file, remembered in the cache for as long as its size and time of change stay the same. */
export async function fingerprintFile(path: string): Promise<string> {
  const { size, mtimeMs } = await stat(path);
  const key = createHash('sha256')
    .update(JSON.stringify([path, size, mtimeMs]))
    .digest('hex');
  const memo = join(cacheDirectory(), 'fingerprints', key);
  const known = await readFile(memo, 'utf8').catch(() => '');
  if (/^[0-9a-f]{64}$/.test(known)) return known;
  const found = await hashFile(path);
  // A cache that cannot be written costs time, not correctness.
  await writeAtomically(memo, found).catch(() => undefined);
  return found;
}
