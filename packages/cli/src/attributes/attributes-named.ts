import { HalfspaceError, type Attribute } from '@halfspace/core';
import type { Plan } from '@halfspace/evaluate';
import { loadAttributes } from './load-attributes.js';
import { isAttributePath, type AttributeChoice } from '../options/attribute.js';

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

/**
 * The attributes of a plan, which may come from anywhere: by their names alone. Paths are the user's to give.
 *
 * @throws HalfspaceError `bad-plan` where the plan names a path; as `loadAttributes`
 */
export async function attributesOfPlan(
  { attributes }: Plan,
  given: readonly AttributeChoice[] = [],
): Promise<Attribute[]> {
  const names = Object.keys(attributes);
  const path = names.find(isAttributePath);
  if (path === undefined) return attributesNamed(names, given);
  throw new HalfspaceError(
    'bad-plan',
    `The plan names an attribute by the path ${path}, and plans hold names only. It was not made by halfspace evaluate: do not trust it.`,
  );
}

function distinct(sources: readonly string[]): AttributeChoice<number>[] {
  return [...new Set(sources)].map((source) => ({ source }));
}
