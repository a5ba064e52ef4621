import { readdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { decodeText } from '@halfspace/core';
import type { AttributeCard } from '@halfspace/serve';
import { INSTALLED } from '../../attributes/known-attributes.js';
import { packagePath } from '../../config/module-path.js';
import { readJson } from '../../data/read-json.js';

/**
 * What the packages of attributes that come with the command say of them: the README is the card, and the files of subspaces have
 * figures on rows that they were not fitted on.
 */
export async function attributeCards(): Promise<Record<string, AttributeCard>> {
  const cards = INSTALLED.map(async (name) =>
    cardsOf(join(dirname(packagePath(name, new URL(import.meta.url), 'attribute-not-found')), '..')),
  );
  return Object.fromEntries((await Promise.all(cards)).flat());
}

async function cardsOf(directory: string): Promise<[string, AttributeCard][]> {
  const folder = join(directory, 'subspaces');
  const names = (await readdir(folder).catch(() => [])).filter((name) => name.endsWith('.json'));
  const files = await Promise.all(names.map(async (name) => readFigures(join(folder, name))));
  const card = await readFile(join(directory, 'README.md'), 'utf8').catch(() => undefined);
  const byName = new Map<string, object[]>();
  for (const { attribute, ...figures } of files) {
    byName.set(attribute, [...(byName.get(attribute) ?? []), figures]);
  }
  return [...byName].map(([name, heldOut]) => [name, { heldOut, ...(card !== undefined && { card }) }]);
}

/** A file of a subspace without its numbers. */
async function readFigures(path: string) {
  const { attribute, model, layers, data, figures } = readJson(decodeText(await readFile(path), path)) as {
    attribute: string;
    model: { name: string; fingerprint: string };
    layers: number[];
    data: object;
    figures: object;
  };
  return { attribute, model: model.fingerprint, layers, data, figures };
}
