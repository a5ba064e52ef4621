import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { HalfspaceError, throwIfAborted } from '@halfspace/core';
import { writeWhole } from '@halfspace/files';
import envPaths from 'env-paths';

/** Where models and what is made of them are kept: `HALFSPACE_CACHE`, or the system's place for caches. */
export function cacheDirectory(): string {
  return process.env['HALFSPACE_CACHE'] ?? envPaths('halfspace', { suffix: '' }).cache;
}

/** Where what a user has made is kept: `HALFSPACE_DATA`, or the system's place for data of programs. */
export function dataDirectory(): string {
  return process.env['HALFSPACE_DATA'] ?? envPaths('halfspace', { suffix: '' }).data;
}

/**
 * The folder of the values that a user has made for a model, a folder in it for each.
 *
 * @param fingerprint - Of the model (default: the folder of all models, a folder in it for each).
 */
export function valuesDirectory(fingerprint = ''): string {
  return join(dataDirectory(), 'values', fingerprint);
}

/**
 * Writes a file of a cache, and the directories that it is in. It appears whole or not at all, in place of what was there.
 *
 * @throws what the system refuses, as it is
 */
export async function writeCached(path: string, data: string | Uint8Array): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeWhole(path, [data], { replaceLink: true });
}

/** What the system says when a file cannot grow: no room, no quota, or a limit on the size of files. */
const NO_ROOM = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const NOT_WRITABLE = new Set(['EACCES', 'EROFS', 'EPERM', 'ENOTDIR', 'EEXIST']);

/** Puts an error of writing to a cache into words: `disk-full`, `cache-not-writable`. Others stay as they are. */
export function explainWriteError(error: unknown, cache: string): unknown {
  const code = (error as NodeJS.ErrnoException).code ?? '';
  const elsewhere = 'keep the cache elsewhere (HALFSPACE_CACHE, and HF_HUB_CACHE for the hub)';
  if (NO_ROOM.has(code))
    return new HalfspaceError(
      'disk-full',
      `There is no room left in ${cache} (${code}). Free some space, or ${elsewhere}.`,
      { cause: error },
    );
  if (NOT_WRITABLE.has(code))
    return new HalfspaceError(
      'cache-not-writable',
      `Cannot write to ${cache} (${code}). Change its permissions, or ${elsewhere}.`,
      { cause: error },
    );
  return error;
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

/** A file that changed this recently could change again without its times showing it. */
const SETTLED_MS = 100;

/** Which file it is and when it last changed, as far as the system says. */
interface FileState {
  /** A name for all of that. */
  readonly key: string;
  /** Whether a further change would show. */
  readonly settled: boolean;
}

/** The time of the last change of anything (ctime) is not set back by programs, as that of the content is. */
async function stateOf(path: string): Promise<FileState> {
  const now = Date.now();
  const { dev, ino, size, mtimeNs, ctimeNs, mtimeMs, ctimeMs } = await stat(path, { bigint: true });
  const changed = Math.max(Number(mtimeMs), Number(ctimeMs));
  return {
    key: [dev, ino, size, mtimeNs, ctimeNs].join('-'),
    settled: now - changed > SETTLED_MS,
  };
}

/** What this process has found out by reading the files. */
const hashed = new Map<string, string>();

/**
 * sha-256 of a file by its bytes: read by this process, and not again for as long as nothing shows a change. For saying that a
 * file is the one that was published.
 */
export async function verifiedFingerprint(path: string): Promise<string> {
  const { key, settled } = await stateOf(path);
  const known = hashed.get(key);
  if (known !== undefined) return known;
  const found = await hashFile(path);
  if (settled) hashed.set(key, found);
  return found;
}

/** Directory of remembered fingerprints in a cache. */
export const FINGERPRINTS = 'fingerprints';

const memoPath = (key: string) => join(cacheDirectory(), FINGERPRINTS, key);

/** Remembers the sha-256 of a file that this process has just made, so that {@link fingerprintFile} need not read it. */
export async function rememberFingerprint(path: string, fingerprint: string): Promise<void> {
  let state = await stateOf(path);
  while (!state.settled) {
    await wait(SETTLED_MS / 4);
    state = await stateOf(path);
  }
  hashed.set(state.key, fingerprint);
  await writeCached(memoPath(state.key), fingerprint).catch(() => undefined);
}

/**
 * sha-256 of a file, remembered in the cache for as long as nothing shows a change. For telling files apart: whoever may write
 * to the cache could plant another (docs/decisions/0014).
 */
export async function fingerprintFile(path: string): Promise<string> {
  const { key, settled } = await stateOf(path);
  const memo = memoPath(key);
  const known = hashed.get(key) ?? (await readFile(memo, 'utf8').catch(() => ''));
  if (/^[0-9a-f]{64}$/.test(known)) return known;
  const found = await verifiedFingerprint(path);
  // A cache that cannot be written costs time, not correctness.
  if (settled) await writeCached(memo, found).catch(() => undefined);
  return found;
}
