import { readFile } from 'node:fs/promises';
import { HalfspaceError } from '@halfspace/core';
import { fetchRepositoryFiles, valuesDirectory } from '@halfspace/model';
import { readManifest, valueNamesIn, type ValuesSource, verifyValues, writeValue } from '@halfspace/subspace';
import { inLine } from '../../terminal/harmless.js';
import { print, printJson } from '../../terminal/output.js';
import type { PullFlags } from './command.js';

const MANIFEST = 'values.json';

/** `halfspace values pull`. What the manifest does not name is not fetched, and nothing is put in place before all of it is checked. */
export async function pullValues(repository: string, flags: PullFlags, signal: AbortSignal): Promise<void> {
  const listed = new Map<string, number>();
  const first = await fetchRepositoryFiles(
    repository,
    (files) => {
      for (const { path, size } of files) listed.set(path, size);
      // One of another size is refused without being fetched.
      return (listed.get(MANIFEST) ?? Infinity) <= 2 ** 20 ? [MANIFEST] : [];
    },
    { signal },
  );
  const source = (files: ReadonlyMap<string, string>): ValuesSource => ({
    where: repository,
    files: listed,
    read: async (path) => readFile(files.get(path) ?? path),
  });
  const manifest = await readManifest(source(first.files));
  const [name] = repository.split('@');
  const at = `${name}@${first.commit}`;
  const { files } = await fetchRepositoryFiles(at, () => [MANIFEST, ...Object.keys(manifest.files)], {
    signal,
  });
  const { artifacts, cards } = await verifyValues(source(files));
  const directory = valuesDirectory(manifest.model.fingerprint);
  const here = await valueNamesIn(directory);
  const taken = manifest.values.filter((value) => here.includes(value));
  if (taken.length > 0 && flags.replace !== true) {
    throw new HalfspaceError(
      'directory-not-empty',
      `${taken.join(', ')} of ${inLine(manifest.model.name)} is here already (${directory}). --replace puts the new one in its place.`,
    );
  }
  for (const [value, subspaces] of artifacts) {
    const card = cards.get(value);
    const origin = `${JSON.stringify({ repository: name, commit: first.commit })}\n`;
    await writeValue(directory, {
      artifacts: subspaces,
      files: { 'origin.json': origin, ...(card !== undefined && { 'README.md': card }) },
    });
  }
  if (flags.json)
    printJson({
      repository: name,
      commit: first.commit,
      directory,
      model: manifest.model,
      values: manifest.values,
    });
  else
    print(
      `${manifest.values.join(', ')} of ${inLine(manifest.model.name)}, from ${at}, put in ${directory}.`,
    );
}
