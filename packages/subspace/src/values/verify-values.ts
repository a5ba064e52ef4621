import { createHash } from 'node:crypto';
import { lstat, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isHalfspaceError } from '@halfspace/core';
import { fileFault } from '@halfspace/files';
import { parseSubspace, type SubspaceArtifact } from '../artifact/subspace-artifact.js';
import {
  badValues,
  LARGEST,
  MANIFEST,
  mayHold,
  MOST_FILES,
  parseManifest,
  type ValuesManifest,
} from './values-manifest.js';

/** Where the files of a folder of values come from: a folder here, or a repository. */
export interface ValuesSource {
  /** What to call it in a message. */
  readonly where: string;
  /** Bytes of each file by its path, with slashes. */
  readonly files: ReadonlyMap<string, number>;
  /** The bytes of one of the files. */
  read(path: string): Promise<Uint8Array>;
}

/** A folder of values that is what it says. */
export interface VerifiedValues {
  /** What it says. */
  readonly manifest: ValuesManifest;
  /** Subspaces by value, and by what follows `subspace` in the name of their file, as `writeValue` takes them. */
  readonly artifacts: ReadonlyMap<string, Readonly<Record<string, SubspaceArtifact>>>;
  /** Cards by value; those that have one. */
  readonly cards: ReadonlyMap<string, string>;
}

/**
 * Opens a folder of values here. What the hub's clients put into a folder (`.git`, `.gitattributes`, `.cache`) is passed over.
 *
 * @throws HalfspaceError `bad-values` where there are links, folders in folders, or more files than there may be; `not-readable`
 */
export async function openValuesFolder(directory: string): Promise<ValuesSource> {
  const files = new Map<string, number>();
  const walk = async (folder: string): Promise<void> => {
    const entries = await readdir(join(directory, folder), { withFileTypes: true }).catch(
      (error: unknown) => {
        throw fileFault(error, directory, 'read');
      },
    );
    for (const entry of entries) {
      if (folder === '' && entry.name.startsWith('.')) continue;
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`;
      if (entry.isDirectory() && folder === '') await walk(path);
      else if (entry.isFile()) files.set(path, (await lstat(join(directory, path))).size);
      else throw badValues(directory, `"${path}" is a link, or no file in a folder of a value`);
      if (files.size > MOST_FILES + 1) throw badValues(directory, `it has more than ${MOST_FILES} files`);
    }
  };
  await walk('');
  return { where: directory, files, read: async (path) => readFile(join(directory, path)) };
}

/**
 * Reads what a folder of values says it holds, and makes sure that it may: before any file but the manifest is read.
 *
 * @throws HalfspaceError `bad-values`
 */
export async function readManifest(source: ValuesSource): Promise<ValuesManifest> {
  const { where, files } = source;
  const size = files.get(MANIFEST);
  if (size === undefined) throw badValues(where, `it has no ${MANIFEST}`);
  if (size > LARGEST.manifest) throw badValues(where, `${MANIFEST} is too large`);
  const manifest = parseManifest(Buffer.from(await source.read(MANIFEST)).toString('utf8'), where);
  const listed = Object.entries(manifest.files);
  const total = listed.reduce((sum, [, { bytes }]) => sum + bytes, 0);
  if (total > LARGEST.folder) throw badValues(where, 'its files are too large');
  for (const path of files.keys()) {
    if (path !== MANIFEST && !Object.hasOwn(manifest.files, path) && !path.startsWith('.'))
      throw badValues(where, `"${path}" is there and not in ${MANIFEST}`);
  }
  for (const [path, { bytes }] of listed) {
    const found = files.get(path);
    if (found === undefined) throw badValues(where, `"${path}" is missing`);
    if (found !== bytes) throw badValues(where, `"${path}" has ${found} bytes and not ${bytes}`);
    const [value, file] = path.split('/');
    if (!mayHold(path) || (file !== undefined && !manifest.values.includes(value)))
      throw badValues(where, `"${path}" is of no value that it names`);
  }
  return manifest;
}

/**
 * Makes sure that a folder of values is what it says: every file is there, has its digest, and no other is there; every
 * subspace is one, of the value and the model that it is said to be of; the card names model and licence.
 *
 * @throws HalfspaceError `bad-values`
 */
export async function verifyValues(source: ValuesSource): Promise<VerifiedValues> {
  const { where } = source;
  const manifest = await readManifest(source);
  const artifacts = new Map<string, Record<string, SubspaceArtifact>>();
  const cards = new Map<string, string>();
  for (const [path, { sha256 }] of Object.entries(manifest.files)) {
    const bytes = Buffer.from(await source.read(path));
    if (createHash('sha256').update(bytes).digest('hex') !== sha256)
      throw badValues(where, `"${path}" has other bytes than ${MANIFEST} says`);
    const [value, file] = path.split('/');
    if (path === 'README.md') checkCard(bytes.toString('utf8'), manifest, where);
    else if (file === 'README.md') cards.set(value, bytes.toString('utf8'));
    else if (file !== undefined) {
      const which = file.replace(/^subspace-?|\.json$/g, '');
      artifacts.set(value, {
        ...artifacts.get(value),
        [which]: subspaceIn(bytes, path, value, manifest, where),
      });
    }
  }
  const empty = manifest.values.find((value) => !artifacts.has(value));
  if (empty !== undefined) throw badValues(where, `it has no subspace of "${empty}"`);
  if (!Object.hasOwn(manifest.files, 'README.md')) throw badValues(where, 'it has no card (README.md)');
  return { manifest, artifacts, cards };
}

function subspaceIn(
  bytes: Buffer,
  path: string,
  value: string,
  { model }: ValuesManifest,
  where: string,
): SubspaceArtifact {
  let artifact: SubspaceArtifact;
  try {
    artifact = parseSubspace(JSON.parse(bytes.toString('utf8')), path);
  } catch (error) {
    throw badValues(
      where,
      isHalfspaceError(error) ? error.message.replace(/\.$/, '') : `"${path}" is no JSON`,
      error,
    );
  }
  if (artifact.attribute === value && artifact.model.fingerprint === model.fingerprint) return artifact;
  throw badValues(where, `"${path}" is a subspace of "${artifact.attribute}" for ${artifact.model.name}`);
}

function checkCard(text: string, { baseModel, licence }: ValuesManifest, where: string): void {
  const [, matter = ''] = /^---\r?\n([\s\S]*?)\r?\n---/.exec(text) ?? [];
  const lines = matter.split(/\r?\n/);
  for (const line of [`base_model: ${baseModel}`, `license: ${licence}`])
    if (!lines.includes(line)) throw badValues(where, `the front matter of README.md does not say "${line}"`);
}
