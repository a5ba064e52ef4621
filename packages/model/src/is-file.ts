import { stat } from 'node:fs/promises';

/** Whether a file is there; links are followed. */
export async function isFile(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isFile(),
    () => false,
  );
}
