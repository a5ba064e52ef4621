import { randomUUID } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import { HalfspaceError } from '@halfspace/core';

/**
 * Writes a file that appears whole or not at all, also when the machine loses power.
 *
 * @throws HalfspaceError `cannot-write`
 */
export async function writeWhole(path: string, parts: readonly (string | Uint8Array)[]): Promise<void> {
  const temporary = `${path}.${randomUUID()}.partial`;
  try {
    const handle = await open(temporary, 'wx');
    try {
      for (const part of parts) await handle.appendFile(part);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true });
    throw new HalfspaceError('cannot-write', `${path} cannot be written: ${messageOf(cause)}.`, { cause });
  }
}

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
