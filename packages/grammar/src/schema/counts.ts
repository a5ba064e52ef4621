import type { Refuse } from './refuse.js';
import type { SchemaObject } from './schema-object.js';

/** A keyword that counts something. */
export function countOf(schema: SchemaObject, keyword: string, refuse: Refuse): number | undefined {
  const value = schema[keyword];
  if (value === undefined) return undefined;
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= 0) return value;
  return refuse(`has ${keyword} ${JSON.stringify(value)}, which must be a whole number from 0`);
}
