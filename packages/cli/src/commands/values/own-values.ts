import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { HalfspaceError } from '@halfspace/core';
import { valuesDirectory } from '@halfspace/model';
import { readValues, type ValueFolder } from '@halfspace/subspace';

/** The values of one model that are here. */
export interface OwnValues {
  /** Name of the model for people. */
  readonly model: string;
  readonly fingerprint: string;
  readonly values: readonly ValueFolder[];
}

/** All values in the data directory, by model. */
export async function ownValues(): Promise<OwnValues[]> {
  const root = valuesDirectory();
  const fingerprints = (await readdir(root).catch((): string[] => []))
    .filter((each) => /^[0-9a-f]+$/.test(each))
    .sort();
  const all = await Promise.all(
    fingerprints.map(async (fingerprint) => {
      const values = await readValues(join(root, fingerprint), fingerprint);
      return { model: values[0]?.artifacts[0].model.name ?? '', fingerprint, values };
    }),
  );
  return all.filter(({ values }) => values.length > 0);
}

/**
 * The values of the model that is named, or whose fingerprint begins so.
 *
 * @throws HalfspaceError `subspace-not-found` where there are none, or of several models
 */
export async function ownValuesOf(named: string): Promise<OwnValues> {
  const all = await ownValues();
  const name = named.toLowerCase();
  const found = all.filter(
    ({ model, fingerprint }) => model.toLowerCase() === name || fingerprint.startsWith(name),
  );
  const [first] = found;
  if (first !== undefined && found.length === 1) return first;
  const there = all.map(({ model, fingerprint }) => `${model} (${fingerprint.slice(0, 12)})`).join(', ');
  throw new HalfspaceError(
    'subspace-not-found',
    `There are values of ${found.length} models that are called ${named}. Here are those of: ${there || 'none'}.`,
  );
}

/** The card of a value, if it has one. */
export async function cardOf({ path }: ValueFolder): Promise<string | undefined> {
  return readFile(join(path, 'README.md'), 'utf8').catch(() => undefined);
}
