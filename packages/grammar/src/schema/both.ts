import { isObject, type JsonSchema, type SchemaObject } from './schema-object.js';
import { roleOf } from './keywords.js';
import type { Refuse } from './refuse.js';

/**
 * A schema that is met where both of two are. References in them are resolved before.
 *
 * @param refuse - Called where they cannot be put together.
 */
export function both(a: JsonSchema, b: JsonSchema, refuse: Refuse): JsonSchema {
  if (a === true || b === false) return b;
  if (b === true || a === false) return a;
  assertApart(a, b, refuse);
  const merged: Record<string, unknown> = {};
  for (const keyword of new Set([...Object.keys(a), ...Object.keys(b)])) {
    if (roleOf(keyword) === 'ignored') continue;
    if (OBJECT_KEYWORDS.has(keyword)) continue;
    const value = !(keyword in a)
      ? b[keyword]
      : !(keyword in b)
        ? a[keyword]
        : together(keyword, a[keyword], b[keyword], refuse);
    merged[keyword] = value;
  }
  return { ...merged, ...bothObjects(a, b) };
}

const OBJECT_KEYWORDS = new Set(['properties', 'required', 'additionalProperties']);

/** Keywords whose meaning depends on others of their own schema, with those that must not come from another one. */
const DEPENDENT: Readonly<Record<string, readonly string[]>> = {
  patternProperties: ['properties', 'required', 'additionalProperties', 'unevaluatedProperties'],
  contains: ['minContains', 'maxContains'],
};

function assertApart(a: SchemaObject, b: SchemaObject, refuse: Refuse): void {
  for (const [one, other] of [
    [a, b],
    [b, a],
  ]) {
    for (const [keyword, others] of Object.entries(DEPENDENT)) {
      const found = keyword in one ? others.find((each) => each in other) : undefined;
      if (found === undefined) continue;
      refuse(`has ${keyword} and, where both must hold, ${found} of another schema, which is not supported`);
    }
  }
}

/** The keywords of objects depend on one another: a property may be an additional one for the other schema. */
function bothObjects(a: SchemaObject, b: SchemaObject): SchemaObject {
  const merged: Record<string, unknown> = {};
  const names = new Set(
    [a, b].flatMap(({ properties }) => (isObject(properties) ? Object.keys(properties) : [])),
  );
  if (names.size > 0) {
    const properties = [...names].map(
      (name) => [name, allOf(propertyOf(a, name), propertyOf(b, name))] as const,
    );
    merged['properties'] = Object.fromEntries(properties);
  }
  const required = [a, b].flatMap((each) =>
    Array.isArray(each['required']) ? (each['required'] as unknown[]) : [],
  );
  if (required.length > 0) merged['required'] = [...new Set(required)];
  if ('additionalProperties' in a || 'additionalProperties' in b) {
    merged['additionalProperties'] = allOf(
      a['additionalProperties'] ?? true,
      b['additionalProperties'] ?? true,
    );
  }
  return merged;
}

function propertyOf({ properties, additionalProperties = true }: SchemaObject, name: string): unknown {
  return isObject(properties) && Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
}

function allOf(a: unknown, b: unknown): unknown {
  if (a === true || same(a, b)) return b;
  if (b === true) return a;
  return a === false || b === false ? false : { allOf: [a, b] };
}

function together(keyword: string, a: unknown, b: unknown, refuse: Refuse): unknown {
  if (same(a, b)) return a;
  const combine = COMBINED[keyword];
  if (combine === undefined)
    return refuse(`has ${keyword} twice, where both must hold, which is not supported`);
  return combine(a, b, refuse);
}

type Combine = (a: unknown, b: unknown, refuse: Refuse) => unknown;

const larger: Combine = (a, b) => Math.max(Number(a), Number(b));
const smaller: Combine = (a, b) => Math.min(Number(a), Number(b));

/** How two values of a keyword become one. */
const COMBINED: Readonly<Record<string, Combine | undefined>> = {
  minimum: larger,
  exclusiveMinimum: larger,
  minLength: larger,
  minItems: larger,
  minProperties: larger,
  maximum: smaller,
  exclusiveMaximum: smaller,
  maxLength: smaller,
  maxItems: smaller,
  maxProperties: smaller,
  uniqueItems: (a, b) => a === true || b === true,
  items: allOf,
  enum: (a, b) => asList(a).filter((value) => asList(b).some((other) => same(value, other))),
  type: (a, b) => asList(a).flatMap((type) => asList(b).flatMap((other) => commonType(type, other))),
};

function commonType(a: unknown, b: unknown): unknown[] {
  if (a === b) return [a];
  return [a, b].includes('integer') && [a, b].includes('number') ? ['integer'] : [];
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [value];
}

/** Whether two values are the same JSON; the order of keys counts. */
export function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
