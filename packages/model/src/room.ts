import { statfs } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { HalfspaceError } from '@halfspace/core';

/** Bytes that can still be written where a path is, or will be; undefined where the system does not say. */
export async function freeDisk(path: string): Promise<number | undefined> {
  for (let at = resolve(path); ; at = dirname(at)) {
    try {
      const { bavail, bsize } = await statfs(at);
      return bavail * bsize;
    } catch (error) {
      const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
      if (!missing || at === dirname(at)) return undefined;
    }
  }
}

const gigabytes = (bytes: number) => `${(bytes / 1e9).toFixed(2)} GB`;

/**
 * Sees to it that there is room on a disk, before anything is written.
 *
 * @param what - Of what there will be so many bytes, for the message.
 * @throws HalfspaceError `disk-full`
 */
export async function assertRoom(what: string, bytes: number, path: string): Promise<void> {
  const free = await freeDisk(path);
  if (free === undefined || free >= bytes) return;
  throw new HalfspaceError(
    'disk-full',
    `${what} takes ${gigabytes(bytes)}, and ${gigabytes(free)} are free in ${path}. Free some space (halfspace model prune shows what can go), keep the cache elsewhere (HALFSPACE_CACHE), or take another precision (halfspace model inspect shows what each needs).`,
  );
}
