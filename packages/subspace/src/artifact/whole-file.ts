import { HalfspaceError } from '@halfspace/core';
import { writeWhole } from '@halfspace/files';

/**
 * Writes a file that appears whole or not at all, also when the machine loses power.
 *
 * @param parts - What it holds, in order.
 * @throws HalfspaceError `cannot-write`
 */
export async function writeOrRefuse(path: string, parts: readonly (string | Uint8Array)[]): Promise<void> {
  await writeWhole(path, parts).catch((cause: unknown) => {
    throw new HalfspaceError('cannot-write', `${path} cannot be written: ${messageOf(cause)}.`, { cause });
  });
}

/** What an error says, whatever was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
