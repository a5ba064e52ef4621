import { type Dirent } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { HalfspaceError } from '@halfspace/core';
import { fileFault, removeAbandoned, writeDirectory, writeWhole } from '@halfspace/files';
import type { SubspaceArtifact } from '../artifact/subspace-artifact.js';
import { readSubspace, writeSubspace } from '../artifact/subspace-file.js';

/** A name of an attribute. What is being written beside a folder has another kind of name. */
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
/** A subspace in the folder of a value: the default, and others such as `subspace-early-exit.json`. */
const SUBSPACE = /^subspace(-[a-z0-9]+)*\.json$/;

/** What the folder of a value holds: what was made of an attribute for one model. */
export interface ValueFolder {
  /** Name of the attribute. */
  readonly name: string;
  /** Where it lies. */
  readonly path: string;
  /** Its subspaces. */
  readonly artifacts: readonly SubspaceArtifact[];
}

/** What is written to the folder of a value. */
export interface ValueFiles {
  /** Subspaces of one attribute and model, by what follows `subspace` in the name of their file: `''`, `early-exit`. */
  readonly artifacts: Readonly<Record<string, SubspaceArtifact>>;
  /** Further files by their names, such as `README.md` (default: none). */
  readonly files?: Readonly<Record<string, string>>;
}

/** Name of the file of a subspace in the folder of its value: `''` is the default one, see {@link ValueFiles.artifacts}. */
export function subspaceFileOf(which: string): string {
  return `subspace${which && `-${which}`}.json`;
}

/** Names of the values that a folder of values of a model holds; none where there is no such folder. */
export async function valueNamesIn(directory: string): Promise<string[]> {
  const entries: Dirent[] = await readdir(directory, { withFileTypes: true }).catch(() => []);
  return entries
    .flatMap((entry) => (entry.isDirectory() && NAME.test(entry.name) ? [entry.name] : []))
    .sort();
}

/**
 * Reads all values of a model.
 *
 * @param directory - The folder of the model, with a folder for each value.
 * @param fingerprint - Of the model.
 * @throws HalfspaceError `bad-subspace` for a file that is not a subspace, or one of another attribute or model
 */
export async function readValues(directory: string, fingerprint: string): Promise<ValueFolder[]> {
  const names = await valueNamesIn(directory);
  return Promise.all(
    names.map(async (name): Promise<ValueFolder> => {
      const path = join(directory, name);
      const files = (await readdir(path)).filter((file) => SUBSPACE.test(file)).sort();
      const artifacts = await Promise.all(files.map(async (file) => readSubspace(join(path, file))));
      const stray = artifacts.find(
        (each) => each.attribute !== name || each.model.fingerprint !== fingerprint,
      );
      if (stray === undefined) return { name, path, artifacts };
      throw new HalfspaceError(
        'bad-subspace',
        `${path} holds a subspace of "${stray.attribute}" for ${stray.model.name}, which does not belong there. Remove the folder, or fetch it again with halfspace values pull --replace.`,
      );
    }),
  );
}

/**
 * Writes the folder of a value, in place of what was there. It is found whole or not at all: files are made beside it, flushed,
 * and get its name at the end.
 *
 * @param directory - The folder of the model; made if it is missing.
 * @returns Where it lies.
 * @throws HalfspaceError `bad-subspace`, `bad-option` without a subspace, `disk-full`, `not-writable`
 */
export async function writeValue(directory: string, { artifacts, files = {} }: ValueFiles): Promise<string> {
  const [first] = Object.values(artifacts);
  if (first === undefined)
    throw new HalfspaceError('bad-option', 'The folder of a value holds a subspace at least.');
  const place = join(directory, first.attribute);
  await writeFolder(place, async (folder) => {
    for (const [which, artifact] of Object.entries(artifacts))
      await writeSubspace(join(folder, subspaceFileOf(which)), artifact);
    for (const [name, content] of Object.entries(files)) await writeWhole(join(folder, name), [content]);
  });
  return place;
}

async function writeFolder(place: string, fill: (folder: string) => Promise<void>): Promise<void> {
  try {
    await mkdir(dirname(place), { recursive: true });
    await removeAbandoned(dirname(place));
    await writeDirectory(place, fill, { replace: true });
  } catch (error) {
    throw error instanceof HalfspaceError ? error : fileFault(error, place, 'write');
  }
}
