import { open, realpath, rm, type FileHandle } from 'node:fs/promises';
import { partialPath } from './partial.js';
import { nameFlushed } from './put-in-place.js';

/** Settings of {@link writeWhole}. */
export interface WholeFileOptions {
  /**
   * Whether a link at the place is replaced (default: false, the file that it leads to is). For directories where others might put links, as a
   * shared cache.
   */
  readonly replaceLink?: boolean;
}

/** A file that is being written beside its place. */
export interface UnnamedFile {
  /** Goes on with it. */
  append(part: string | Uint8Array): Promise<void>;
  /** Has the disk keep it, and gives it its name. */
  finish(): Promise<void>;
  /** Removes it, unless it is finished. Idempotent. */
  close(): Promise<void>;
}

/**
 * Writes a file that appears whole or not at all, also when the machine loses power. It is there for good when the promise is fulfilled.
 *
 * @param parts - What it holds, in order.
 * @throws what the system refuses, as it is
 */
export async function writeWhole(
  path: string,
  parts: readonly (string | Uint8Array)[],
  options: WholeFileOptions = {},
): Promise<void> {
  const file = await openUnnamed(path, options);
  try {
    for (const part of parts) await file.append(part);
    await file.finish();
  } finally {
    await file.close();
  }
}

/**
 * Begins a file that gets its name when it is finished; until then, whatever has that name stays as it is.
 *
 * @throws what the system refuses, as it is
 */
export async function openUnnamed(path: string, options: WholeFileOptions = {}): Promise<UnnamedFile> {
  const { replaceLink = false } = options;
  const place = replaceLink ? path : await realpath(path).catch(() => path);
  const partial = await partialPath(place);
  const handle: FileHandle = await open(partial, 'wx');
  return {
    append: async (part) => handle.appendFile(part),
    async finish() {
      await handle.sync();
      await handle.close();
      await nameFlushed(partial, place);
    },
    async close() {
      await handle.close();
      await rm(partial, { force: true });
    },
  };
}
