import { mkdir, rename, rm } from 'node:fs/promises';
import { partialPath } from './partial.js';
import { putInPlace } from './put-in-place.js';

/**
 * Makes a directory that appears whole or not at all, also when the machine loses power.
 *
 * @param place - Must be free, or an empty directory, when it is made, unless it is replaced.
 * @param make - Fills a directory beside it, which gets the name afterwards.
 * @param options - `replace`: whether what is there goes when the new one is whole (default: false). Between the two there is
 * nothing there for an instant.
 * @throws what `make` throws; what the system refuses, as it is
 */
export async function writeDirectory(
  place: string,
  make: (directory: string) => Promise<void>,
  { replace = false }: { readonly replace?: boolean } = {},
): Promise<void> {
  const partial = await partialPath(place);
  try {
    await mkdir(partial, { recursive: true });
    await make(partial);
    if (replace) await removeDirectory(place);
    await putInPlace(partial, place);
  } finally {
    await rm(partial, { recursive: true, force: true }).catch(() => undefined);
  }
}

/** Takes a directory away, if there is one; by its name at once, so that nobody meets it half removed. Whoever cannot can still work. */
export async function removeDirectory(place: string): Promise<void> {
  const aside = await partialPath(place);
  try {
    await rename(place, aside);
    await rm(aside, { recursive: true, force: true });
  } catch {
    // There was none, or another process takes it away.
  }
}
