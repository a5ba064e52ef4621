import { readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { removeAbandoned, removeDirectory, writeDirectory } from '@halfspace/files';
import { fingerprintFile, hashFile } from '../cache.js';
import { readJsonFile } from '../json-file.js';

/** Holds the sha-256 of every other file. */
const MANIFEST = 'manifest.json';

async function manifestOf(directory: string, files: readonly string[]): Promise<string> {
  const prints = await Promise.all(files.map(async (name) => fingerprintFile(join(directory, name))));
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
 */
export async function ensureDirectory(
  place: string,
  files: readonly string[],
  make: (directory: string) => Promise<void>,
): Promise<void> {
  await removeAbandoned(dirname(place));
  if (await isWhole(place, files)) return;
  // Before the work and not after it, when another process may have put a whole one there.
  await removeDirectory(place);
  try {
    await writeDirectory(place, async (directory) => {
      await make(directory);
      await writeFile(join(directory, MANIFEST), await manifestOf(directory, files));
    });
  } catch (error) {
    // Another process has done the same work meanwhile.
    const isTaken = (error as NodeJS.ErrnoException).syscall === 'rename' && (await isWhole(place, files));
    if (!isTaken) throw error;
  }
}
