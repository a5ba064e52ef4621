import { randomUUID } from 'node:crypto';
import { access, constants, open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { HalfspaceError } from '@halfspace/core';
import { fileFault } from './file-fault.js';

/**
 * Makes sure, before a long work, that its result can be written.
 *
 * @throws HalfspaceError `not-writable`
 */
export async function assertWritable(path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found !== undefined && !found.isFile()) {
    throw new HalfspaceError(
      'not-writable',
      `Cannot write ${path}: it is no ordinary file. Name another one.`,
    );
  }
  await access(dirname(path), constants.W_OK).catch((error: unknown) => {
    throw new HalfspaceError(
      'not-writable',
      `Cannot write ${path}: its directory is missing or not yours to write to.`,
      { cause: error },
    );
  });
}

/** A file that is being written. */
export interface AtomicFile {
  append(text: string): Promise<void>;
}

/**
 * Lends out a new file, which gets its name only when the work is done: until then, and if the work
 * fails or is interrupted, whatever has that name stays as it is.
 *
 * @throws HalfspaceError `not-writable` before the work starts, and where the disk refuses later; `disk-full`
 */
export async function writeFileAtomically<T>(
  path: string,
  work: (file: AtomicFile) => Promise<T>,
): Promise<T> {
  await assertWritable(path);
  const place = await realpath(path).catch(() => path);
  const temporary = join(dirname(place), `.${basename(place)}.${randomUUID()}.partial`);
  const refuse = async (error: unknown): Promise<never> => {
    throw fileFault(error, path, 'write');
  };
  const handle = await open(temporary, 'wx').catch(refuse);
  try {
    const result = await work({ append: async (text) => handle.appendFile(text).catch(refuse) });
    await handle.sync().catch(refuse);
    await handle.close();
    await rename(temporary, place).catch(refuse);
    return result;
  } finally {
    await handle.close();
    await rm(temporary, { force: true });
  }
}
