import { didYouMean, guardPlugin, HalfspaceError } from '@halfspace/core';
import { CATALOGUE } from '../catalogue.js';
import { MODEL_SOURCE } from '../extension-points.js';
import { modelRegistry } from '../model-module.js';
import { knownNames } from './list-models.js';
import type { Source, SourceOptions } from './source.js';

/**
 * Finds a model, and fetches it if need be.
 *
 * @param spec - A path, a name of the catalogue, or `org/name[@revision][:file.gguf]` on the hub; by
 * default the catalogue's first model. A source of a module may know further ones.
 * @throws HalfspaceError `model-not-found`, `download-failed`, `checksum-mismatch`, `disk-full`,
 * `cache-not-writable`, `aborted`; `plugin-failed` where a source of a module throws or answers wrongly
 */
export async function resolveModel(
  spec: string = CATALOGUE[0].name,
  options: SourceOptions = {},
): Promise<{
  /** File, or directory of safetensors. */
  path: string;
  /** Name of the source that had it. */
  source: string;
}> {
  const { registry = await modelRegistry() } = options;
  const sources = registry.all(MODEL_SOURCE);
  for (const source of sources) {
    const path = await pathIn(source, spec, options);
    if (path !== undefined) return { path, source: source.name };
  }
  const known = await knownNames(registry, options);
  throw new HalfspaceError(
    'model-not-found',
    `There is no model "${spec}".${didYouMean(spec, known)} Looked at: ${sources.map((source) => source.name).join(', ')}. Known by name: ${known.join(', ')}.`,
  );
}

async function pathIn(source: Source, spec: string, options: SourceOptions): Promise<string | undefined> {
  const who = `model source "${source.name}"`;
  const path: unknown = await guardPlugin(who, () => source.find(spec, options), options.signal);
  if (path === undefined || (typeof path === 'string' && path !== '')) return path;
  throw new HalfspaceError('plugin-failed', `The ${who} gave no path of "${spec}", nor undefined.`);
}
