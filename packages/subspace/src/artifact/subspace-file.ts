import { readdirSync, readFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { decodeText, HalfspaceError, isHalfspaceError, type Subspace } from '@halfspace/core';
import { parseSubspace, subspaceOf, type SubspaceArtifact } from './subspace-artifact.js';
import { messageOf, writeOrRefuse } from './whole-file.js';

/** Largest file that is read, in bytes. A subspace of width 576 takes 4 kB. */
const MOST_BYTES = 2 ** 20;

/**
 * Reads a subspace and checks it.
 *
 * @throws HalfspaceError `subspace-not-found` when there is no such file, `bad-subspace` when it is not a
 * subspace, naming the field at fault
 */
export async function readSubspace(path: string): Promise<SubspaceArtifact> {
  return parseSubspace(parseJson(await readText(path), path), path);
}

/**
 * The subspaces of a folder, one a `.json` file and each for another model: how a package reads those that
 * it brings. Synchronous, so that a package that uses it can be loaded with `require` too.
 *
 * @param directory - With a slash at its end, such as `new URL('../../subspaces/', import.meta.url)`.
 * @throws HalfspaceError `subspace-not-found` when there is no such folder, `bad-subspace` when a file in
 * it is not a subspace, naming the field at fault
 */
export function subspacesIn(directory: URL): Subspace[] {
  return namesIn(directory)
    .filter((name) => name.endsWith('.json'))
    .sort()
    .map((name) => {
      const path = fileURLToPath(new URL(name, directory));
      return subspaceOf(parseSubspace(parseJson(decodeText(readFileSync(path), path), path), path));
    });
}

function namesIn(directory: URL): string[] {
  try {
    return readdirSync(directory);
  } catch (cause) {
    throw new HalfspaceError('subspace-not-found', `There is no folder ${fileURLToPath(directory)}.`, {
      cause,
    });
  }
}

/**
 * Writes a subspace as JSON that a person can read. The file appears whole or not at all.
 *
 * @throws HalfspaceError `bad-subspace` when it is not one that {@link readSubspace} would take,
 * `cannot-write` when the file cannot be written.
 */
export async function writeSubspace(path: string, artifact: SubspaceArtifact): Promise<void> {
  const json = `${JSON.stringify(parseSubspace(artifact, 'The artifact'), undefined, 2)}\n`;
  await writeOrRefuse(path, [json]);
}

async function readText(path: string): Promise<string> {
  try {
    // Looked at before it is opened: opening a pipe would wait for its writer.
    const info = await stat(path);
    if (!info.isFile()) throw new HalfspaceError('bad-subspace', `${path} is not a file.`);
    if (info.size > MOST_BYTES) {
      throw new HalfspaceError(
        'bad-subspace',
        `${path} has ${info.size} bytes, and a subspace file has at most ${MOST_BYTES}.`,
      );
    }
    return decodeText(await readFile(path), path);
  } catch (cause) {
    if (isHalfspaceError(cause, 'not-readable'))
      throw new HalfspaceError('bad-subspace', cause.message, { cause });
    if (isHalfspaceError(cause)) throw cause;
    if (codeOf(cause) === 'ENOENT') {
      throw new HalfspaceError('subspace-not-found', `There is no subspace file at ${path}.`, { cause });
    }
    throw new HalfspaceError('bad-subspace', `${path} cannot be read: ${messageOf(cause)}.`, { cause });
  }
}

function parseJson(content: string, path: string): unknown {
  try {
    return JSON.parse(content);
  } catch (cause) {
    throw new HalfspaceError('bad-subspace', `${path} is not a subspace: it is not JSON.`, { cause });
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
