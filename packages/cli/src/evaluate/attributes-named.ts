import type { Attribute } from '@halfspace/core';
import { loadAttributes } from '../load-attributes.js';
import type { AttributeChoice } from '../options/attribute.js';

/**
 * The attributes that the user gave, and those that are named besides: a name means a given attribute where there is one of
 * that name.
 *
 * @throws HalfspaceError as `loadAttributes`
 */
export async function attributesNamed(
  sources: readonly string[],
  given: readonly AttributeChoice[] = [],
): Promise<Attribute[]> {
  const loaded = await loadAttributes(distinct(given.map(({ source }) => source)), 0);
  const known = new Set([
    ...given.map(({ source }) => source),
    ...loaded.map(({ attribute }) => attribute.name),
  ]);
  const others = sources.filter((source) => !known.has(source));
  const all = [...loaded, ...(await loadAttributes(distinct(others), 0))];
  return all.map(({ attribute }) => attribute);
}

function distinct(sources: readonly string[]): AttributeChoice<number>[] {
  return [...new Set(sources)].map((source) => ({ source }));
}
