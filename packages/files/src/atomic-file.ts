import { access, constants, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { HalfspaceError } from '@halfspace/contracts';
import { fileFault } from './file-fault.js';
import { openUnnamed } from './whole-file.js';

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
  /** Goes on with it. */
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
  const refuse = (error: unknown): never => {
    throw fileFault(error, path, 'write');
  };
  const file = await openUnnamed(path).catch(refuse);
  try {
    const result = await work({ append: async (text) => file.append(text).catch(refuse) });
    await file.finish().catch(refuse);
    return result;
  } finally {
    await file.close();
  }
}
