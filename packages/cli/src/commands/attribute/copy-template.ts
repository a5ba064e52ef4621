import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { HalfspaceError } from '@halfspace/core';
import { writeDirectory } from '@halfspace/files';

/** In a template a package.json is called so, for tools would take it for one of ours under its own name. */
const MANIFEST = '_package.json';

/** What to write in place of what stands in a template. */
export type Replacements = Readonly<Record<string, string>>;

/**
 * Copies a folder of text files, with replacements in their content. The copy appears whole or not at all.
 *
 * @param target - A directory that is new or empty.
 * @returns The files, as paths relative to it, in the order of their names.
 * @throws HalfspaceError `directory-not-empty`, `not-writable`
 */
export async function copyTemplate(
  template: string,
  target: string,
  replacements: Replacements,
): Promise<string[]> {
  const place = resolve(target);
  await assertFree(place, target);
  try {
    const files = await filesIn(template);
    await writeDirectory(place, async (directory) => {
      for (const file of files) {
        const path = join(directory, file);
        const from = join(template, file === 'package.json' ? MANIFEST : file);
        await mkdir(dirname(path), { recursive: true });
        await writeFile(path, replaceAll(await readFile(from, 'utf8'), replacements));
      }
      // Only an empty one is removed.
      await rmdir(place).catch(() => undefined);
    });
    return files;
  } catch (cause) {
    throw new HalfspaceError('not-writable', `Cannot write ${target}: ${messageOf(cause)}.`, { cause });
  }
}

async function assertFree(place: string, target: string): Promise<void> {
  const found = await readdir(place).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new HalfspaceError(
      'not-writable',
      `Cannot make ${target}: ${error.message}. Name a new directory.`,
      {
        cause: error,
      },
    );
  });
  if (found.length === 0) return;
  throw new HalfspaceError(
    'directory-not-empty',
    `There is something in ${target} already. Name a new directory.`,
  );
}

async function filesIn(directory: string): Promise<string[]> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(directory.length))
    .map((file) => (file === MANIFEST ? 'package.json' : file))
    .sort();
}

function replaceAll(text: string, replacements: Replacements): string {
  return Object.entries(replacements).reduce((done, [from, to]) => done.replaceAll(from, to), text);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
