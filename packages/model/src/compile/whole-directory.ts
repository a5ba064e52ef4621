import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { removeAbandoned, removeDirectory, writeDirectory } from '@halfspace/files';
import { fingerprintFile, hashFile, rememberFingerprint } from '../cache.js';
import { readJsonFile } from '../json-file.js';

/** Holds the sha-256 of every other file. */
const MANIFEST = 'manifest.json';

/** The sha-256 of files, where it is known already. */
export type Fingerprints = Readonly<Record<string, string>>;

async function manifestOf(
  directory: string,
  files: readonly string[],
  known: Fingerprints = {},
): Promise<string> {
  const prints = await Promise.all(
    files.map(async (name) => known[name] ?? fingerprintFile(join(directory, name))),
  );
  return JSON.stringify(Object.fromEntries(files.map((name, index) => [name, prints[index]])));
}

async function isWhole(directory: string, files: readonly string[]): Promise<boolean> {
  try {
    const written = await readFile(join(directory, MANIFEST), 'utf8');
    return written === (await manifestOf(directory, files));
  } catch {
    return false;
  }
}

/** Whether the files of a directory have the bytes that they were made with: all are read, whatever is remembered of them. */
export async function hasBytesAsMade(directory: string): Promise<boolean> {
  const written = await readJsonFile(join(directory, MANIFEST)).catch(() => ({}));
  const prints = Object.entries(written).map(
    async ([name, print]) => (await hashFile(join(directory, name)).catch(() => '')) === print,
  );
  return prints.length > 0 && (await Promise.all(prints)).every(Boolean);
}

/**
 * Sees to it that a directory with `files` is at `place`. One that is there and has the bytes it was made
 * with is kept; otherwise `make` fills another one, which gets the name when it is finished. So a reader
 * finds it whole or not at all, whoever is interrupted or writes at the same time.
 *
 * @param make - Says of large files which sha-256 they have, so that they are not read again.
 */
export async function ensureDirectory(
  place: string,
  files: readonly string[],
  make: (directory: string) => Promise<Fingerprints>,
): Promise<void> {
  await removeAbandoned(dirname(place));
  if (await isWhole(place, files)) return;
  // Before the work and not after it, when another process may have put a whole one there.
  await removeDirectory(place);
  let known: Fingerprints = {};
  try {
    await writeDirectory(place, async (directory) => {
      known = await make(directory);
      await writeFile(join(directory, MANIFEST), await manifestOf(directory, files, known));
    });
  } catch (error) {
    // Another process has done the same work meanwhile.
    const isTaken = (error as NodeJS.ErrnoException).syscall === 'rename' && (await isWhole(place, files));
    if (!isTaken) throw error;
    return;
  }
  // Where that cannot be remembered, or another process has taken the directory away, it is read again.
  for (const [name, print] of Object.entries(known))
    await rememberFingerprint(join(place, name), print).catch(() => undefined);
}
