import { refuseAt } from './refuse.js';
import { isObject, type SchemaObject } from './schema-object.js';

/**
 * Names that an object always has: those that it must, and those that others of its names need, whether these are there or not.
 *
 * @param required - Names that it must have.
 * @param named - Names that it may have; where there are none, names are free.
 */
export function neededBy(
  schema: SchemaObject,
  required: readonly string[],
  named: readonly string[],
  pointer: string,
): string[] {
  const needs = ['dependentRequired', 'dependencies'].flatMap((keyword) => {
    const given = schema[keyword];
    if (given === undefined) return [];
    if (!isObject(given)) return refuseAt(pointer, `has ${keyword}, which must be an object`);
    return Object.entries(given).map(([name, names]) => [name, namesOf(names, keyword, pointer)] as const);
  });
  if (needs.length > 0 && named.length === 0 && required.length === 0) {
    refuseAt(pointer, 'says which properties need others and names no properties, which is not supported');
  }
  const always = new Set(required);
  const possible = new Set([...named, ...required]);
  for (let before = -1; before < always.size + possible.size;) {
    before = always.size + possible.size;
    for (const [name, names] of needs) {
      if (!possible.has(name)) continue;
      for (const each of names) {
        always.add(each);
        possible.add(each);
      }
    }
  }
  return [...always];
}

function namesOf(names: unknown, keyword: string, pointer: string): readonly string[] {
  if (Array.isArray(names) && names.every((each) => typeof each === 'string')) return names;
  return refuseAt(pointer, `has ${keyword} with a schema in place of names, which is not supported`);
}
