import { HalfspaceError } from '@halfspace/core';
import type { MetadataValue, ModelFile } from '../weights.js';

/** Typed access to a model file's metadata. */
export interface MetadataReader {
  /** A positive number; `fallback` where the key is absent. */
  number(key: string, fallback?: number): number;
  /** A positive whole number; `fallback` where the key is absent. */
  size(key: string, fallback?: number): number;
  value(key: string): MetadataValue | undefined;
}

/** Reads metadata of `model` under a common prefix of keys. */
export function metadataReader(model: ModelFile, prefix = ''): MetadataReader {
  const value = (key: string) => model.metadata.get(prefix + key) ?? undefined;
  const number = (key: string, fallback?: number) => {
    const found = value(key) ?? fallback;
    if (typeof found === 'number' && Number.isFinite(found) && found > 0) return found;
    throw new HalfspaceError(
      'corrupt-model',
      `${model.name} gives ${prefix}${key} as ${JSON.stringify(found) ?? 'nothing'}, where a positive number belongs. Fetch the file again or take another export of the model.`,
    );
  };
  const size = (key: string, fallback?: number) => {
    const found = number(key, fallback);
    if (Number.isInteger(found) && found < 2 ** 31) return found;
    throw new HalfspaceError(
      'corrupt-model',
      `${model.name} gives ${prefix}${key} as ${found}, where a size belongs.`,
    );
  };
  return { number, size, value };
}
