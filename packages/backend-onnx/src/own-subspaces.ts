import { existsSync } from 'node:fs';
import type { ModelInfo } from '@halfspace/core';
import { valuesDirectory } from '@halfspace/model';

/**
 * The subspaces that the user has made for a model, by the names of their attributes, as a model has them
 * ({@link ModelInfo.subspaces}).
 *
 * @param fingerprint - Of the model.
 * @throws HalfspaceError `bad-subspace` for a file that is not one
 */
export async function ownSubspaces(fingerprint: string): Promise<Pick<ModelInfo, 'subspaces'>> {
  const directory = valuesDirectory(fingerprint);
  if (!existsSync(directory)) return {};
  // Loaded where there are any: its schema takes a tenth of a second.
  const { readValues, subspaceOf } = await import('@halfspace/subspace');
  const values = await readValues(directory, fingerprint);
  if (values.length === 0) return {};
  return {
    subspaces: Object.fromEntries(values.map(({ name, artifacts }) => [name, artifacts.map(subspaceOf)])),
  };
}
