import { lstat, open, readdir } from 'node:fs/promises';
import { join } from 'node:path';

const WINDOWS = process.platform === 'win32';

/** What a file system says that keeps directories by itself, or will not have them opened. */
const NO_FLUSH = new Set(['EACCES', 'EBADF', 'EINVAL', 'EISDIR', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP', 'EPERM']);

/**
 * Has the disk keep what is there: a file, or a directory with all that is in it. A link says where it leads by its name alone, which is
 * kept with its directory.
 *
 * @throws what the system refuses, as it is
 */
export async function flush(path: string): Promise<void> {
  const found = await lstat(path);
  if (found.isFile()) return flushFile(path);
  if (!found.isDirectory()) return;
  for (const name of await readdir(path)) await flush(join(path, name));
  await flushDirectory(path);
}

async function flushFile(path: string): Promise<void> {
  // Windows flushes only what may be written.
  const handle = await open(path, WINDOWS ? 'r+' : 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/**
 * Has the disk keep the names in a directory, where the platform can be told to.
 *
 * @throws what the disk says when it fails, as it is
 */
export async function flushDirectory(path: string): Promise<void> {
  if (WINDOWS) return;
  try {
    await flushFile(path);
  } catch (error) {
    if (!NO_FLUSH.has((error as NodeJS.ErrnoException).code ?? '')) throw error;
  }
}
