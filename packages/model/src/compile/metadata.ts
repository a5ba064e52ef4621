import { HalfspaceError } from '@halfspace/core';
import { describeValue } from '../describe-value.js';
import type { MetadataValue } from '../weight-tensor.js';
import type { ModelFile } from '../weights.js';

/** Above every size of every model; memory for that many numbers can be had. */
const LARGEST_SIZE = 2 ** 24;

/** Typed access to a model file's metadata. */
export interface MetadataReader {
  /** A positive number; `fallback` where the key is absent. */
  number(key: string, fallback?: number): number;
  /** A positive whole number; `fallback` where the key is absent. */
  size(key: string, fallback?: number): number;
  /** true or false; `fallback` where the key is absent. */
  flag(key: string, fallback: boolean): boolean;
  /** What the file has under the key, of any type. */
  value(key: string): MetadataValue | undefined;
  /** All keys, with the prefix. */
  entries(): Iterable<[string, MetadataValue]>;
}

/** Reads metadata of `model` (or a part of it) under a common prefix of keys. */
export function metadataReader(model: Pick<ModelFile, 'name' | 'metadata'>, prefix = ''): MetadataReader {
  const value = (key: string) => model.metadata.get(prefix + key) ?? undefined;
  const number = (key: string, fallback?: number) => {
    const found = value(key) ?? fallback;
    if (typeof found === 'number' && Number.isFinite(found) && found > 0) return found;
    throw new HalfspaceError(
      'corrupt-model',
      `${model.name} gives ${prefix}${key} as ${describeValue(found)}, where a positive number belongs. Fetch the file again or take another export of the model.`,
    );
  };
  const size = (key: string, fallback?: number) => {
    const found = number(key, fallback);
    if (Number.isInteger(found) && found <= LARGEST_SIZE) return found;
    throw new HalfspaceError(
      'corrupt-model',
      `${model.name} gives ${prefix}${key} as ${found}, where a size belongs.`,
    );
  };
  const flag = (key: string, fallback: boolean) => {
    const found = value(key) ?? fallback;
    if (typeof found === 'boolean') return found;
    throw new HalfspaceError(
      'corrupt-model',
      `${model.name} gives ${prefix}${key} as ${describeValue(found)}, where true or false belongs. Fetch the file again or take another export of the model.`,
    );
  };
  return { number, size, flag, value, entries: () => model.metadata.entries() };
}
