import { same } from './both.js';
import { isObject, type JsonSchema, type SchemaObject } from './schema-object.js';

/**
 * Whether no document is of both of two schemas for a reason that is easily seen: other types, other values of `const` or `enum`,
 * or objects that a property tells apart.
 *
 * @param resolve - Follows references.
 */
export function areExclusive(
  a: JsonSchema,
  b: JsonSchema,
  resolve: (schema: unknown) => JsonSchema,
): boolean {
  const [one, other] = [resolve(a), resolve(b)];
  if (!isObject(one) || !isObject(other)) return one === false || other === false;
  const [values, others] = [valuesOf(one), valuesOf(other)];
  if (values !== undefined && others !== undefined) return disjoint(values, others);
  const [types, otherTypes] = [typesOf(one), typesOf(other)];
  if (types !== undefined && otherTypes !== undefined && !types.some((type) => otherTypes.includes(type)))
    return true;
  if (!same(types, ['object']) || !same(otherTypes, ['object'])) return false;
  return tells(one, other, resolve) || tells(other, one, resolve);
}

/** Whether a required property of one object tells it apart from the other. */
function tells(one: SchemaObject, other: SchemaObject, resolve: (schema: unknown) => JsonSchema): boolean {
  const required = Array.isArray(one['required']) ? (one['required'] as unknown[]) : [];
  return required.some((name) => {
    const theirs = propertyOf(other, name);
    // The other one never has it, and must not.
    if (theirs === undefined)
      return other['additionalProperties'] === false && !('patternProperties' in other);
    const [values, others] = [valuesOf(resolve(propertyOf(one, name) ?? true)), valuesOf(resolve(theirs))];
    return values !== undefined && others !== undefined && disjoint(values, others);
  });
}

function propertyOf({ properties }: SchemaObject, name: unknown): unknown {
  return isObject(properties) && typeof name === 'string' && Object.hasOwn(properties, name)
    ? properties[name]
    : undefined;
}

function valuesOf(schema: JsonSchema): readonly unknown[] | undefined {
  if (!isObject(schema)) return undefined;
  if ('const' in schema) return [schema['const']];
  return Array.isArray(schema['enum']) ? schema['enum'] : undefined;
}

function typesOf(schema: SchemaObject): string[] | undefined {
  const values = valuesOf(schema);
  if (values !== undefined) return [...new Set(values.map(typeOf))];
  const { type } = schema;
  const types = Array.isArray(type) ? (type as unknown[]) : type === undefined ? undefined : [type];
  return types?.map((each) => (each === 'integer' ? 'number' : String(each)));
}

/** The type of a value, as a schema calls it; whole numbers are numbers. */
export function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function disjoint(some: readonly unknown[], others: readonly unknown[]): boolean {
  return !some.some((value) => others.some((other) => equal(value, other)));
}

/** As JSON Schema compares: the order of keys does not count. */
export function equal(a: unknown, b: unknown): boolean {
  if (isObject(a) && isObject(b)) {
    const names = Object.keys(a);
    return (
      names.length === Object.keys(b).length &&
      names.every((name) => Object.hasOwn(b, name) && equal(a[name], b[name]))
    );
  }
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((each, i) => equal(each, b[i]));
  return a === b;
}
