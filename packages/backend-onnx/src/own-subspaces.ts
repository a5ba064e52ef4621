import { type Dirent } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  decodeSubspace,
  defineAttribute,
  HalfspaceError,
  type ModelInfo,
  type Subspace,
  type SubspaceRecord,
} from '@halfspace/core';
import { valuesDirectory } from '@halfspace/model';

/** A name of an attribute: what is being written has another. */
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
/** A subspace in the folder of a value. */
const SUBSPACE = /^subspace(-[a-z0-9]+)*\.json$/;

/**
 * The subspaces that the user has made for a model, by the names of their attributes, as a model has them
 * ({@link ModelInfo.subspaces}).
 *
 * @param fingerprint - Of the model.
 * @throws HalfspaceError `bad-subspace` for a file that is not one, or that is of another attribute or model
 */
export async function ownSubspaces(fingerprint: string): Promise<Pick<ModelInfo, 'subspaces'>> {
  const directory = valuesDirectory(fingerprint);
  const entries: Dirent[] = await readdir(directory, { withFileTypes: true }).catch(() => []);
  const names = entries
    .filter((entry) => entry.isDirectory() && NAME.test(entry.name))
    .map(({ name }) => name);
  if (names.length === 0) return {};
  const found = await Promise.all(
    names.map(async (name) => [name, await subspacesOf(name, join(directory, name), fingerprint)] as const),
  );
  return { subspaces: Object.fromEntries(found) };
}

async function subspacesOf(name: string, folder: string, fingerprint: string): Promise<readonly Subspace[]> {
  const files = (await readdir(folder)).filter((file) => SUBSPACE.test(file)).sort();
  try {
    const subspaces = await Promise.all(
      files.map(async (file) => {
        const record = JSON.parse(await readFile(join(folder, file), 'utf8')) as SubspaceRecord & {
          attribute?: unknown;
        };
        if (record.attribute === name && record.model.fingerprint === fingerprint)
          return decodeSubspace(record);
        throw new Error(`${file} is of another attribute or model and does not belong there.`);
      }),
    );
    return defineAttribute({ name, description: name, subspaces }).subspaces;
  } catch (cause) {
    throw new HalfspaceError(
      'bad-subspace',
      `${folder} cannot be used: ${cause instanceof Error ? cause.message : String(cause)} Remove it, or fetch it again with halfspace values pull --replace.`,
      { cause },
    );
  }
}
