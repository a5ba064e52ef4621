import { checkFields, guardPlugin, HalfspaceError, type Registry } from '@halfspace/core';
import type { CatalogueEntry } from '../catalogue.js';
import { MODEL_SOURCE } from '../extension-points.js';
import { modelRegistry } from '../model-module.js';
import type { Source, SourceModel, SourceOptions } from './source.js';

/** A model that is known by a name. */
export interface ListedModel {
  /** The name that users write. */
  readonly name: string;
  /** What it does. */
  readonly kind: CatalogueEntry['kind'];
  /** SPDX identifier; null where its source does not say. */
  readonly licence: string | null;
  /** Where it is; null where it would have to be fetched. */
  readonly path: string | null;
  /** Size of its files; null where that is not known. */
  readonly bytes: number | null;
}

/**
 * The models that sources know by name, in the order of the sources.
 *
 * @param registry - Where sources are looked up (default: those of this package alone).
 * @throws HalfspaceError `plugin-failed` where a source throws or answers wrongly
 */
export async function listModels(registry?: Registry): Promise<ListedModel[]> {
  const known = registry ?? (await modelRegistry());
  const lists = await Promise.all(
    known.all(MODEL_SOURCE).map(async (source) => modelsOf(source, { registry: known })),
  );
  return lists.flat();
}

/** The names that sources know, those of faulty ones left out. */
export async function knownNames(registry: Registry, options: SourceOptions): Promise<string[]> {
  const lists = await Promise.all(
    registry.all(MODEL_SOURCE).map(async (source) => modelsOf(source, options).catch(() => [])),
  );
  return [...new Set(lists.flat().map(({ name }) => name))];
}

async function modelsOf(source: Source, options: SourceOptions): Promise<ListedModel[]> {
  return guardPlugin(`model source "${source.name}"`, async () => {
    const models: unknown = (await source.list?.(options)) ?? [];
    if (!Array.isArray(models))
      throw new HalfspaceError('plugin-failed', `The model source "${source.name}" gave no list of models.`);
    return models.map((each: unknown) => {
      checkFields(`model of the source "${source.name}"`, each, { name: 'string' });
      const {
        name,
        kind = 'language model',
        licence = null,
        path = null,
        bytes = null,
      } = each as SourceModel;
      return { name, kind, licence, path, bytes };
    });
  });
}
