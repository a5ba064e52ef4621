import { choice, EMPTY, isNever, NEVER, ref, repeat, type Rule, sequence, text } from '../rule/rule.js';
import type { SchemaCompiler } from './schema-compiler.js';
import { countOf } from './counts.js';
import { refuseAt } from './refuse.js';
import { isObject, type SchemaObject } from './schema-object.js';
import { SPACE } from './space.js';
import { anyString } from './strings.js';

/** The most entries of an object whose names are free. */
const MOST_ENTRIES = 256;

const OPEN = sequence(text('{'), SPACE);
const COMMA = sequence(text(','), SPACE);
const COLON = sequence(text(':'), SPACE);
const CLOSE = text('}');

/** A property that a schema names. */
interface Property {
  readonly name: string;
  readonly isRequired: boolean;
  readonly value: Rule;
}

/**
 * Objects as a schema describes them: the properties that it names, in its order, and where it names none, any that
 * `additionalProperties` allows. A name that is free could be one that has a schema of its own, or come twice.
 */
export function objectRule(schema: SchemaObject, pointer: string, compiler: SchemaCompiler): Rule {
  const refuse = (fault: string) => refuseAt(pointer, fault);
  const properties = propertiesOf(schema, pointer, compiler);
  const min = countOf(schema, 'minProperties', refuse) ?? 0;
  const max = countOf(schema, 'maxProperties', refuse);
  if (properties.length === 0) return mapRule(schema, pointer, compiler, { min, max });
  const required = properties.filter(({ isRequired }) => isRequired).length;
  if (max !== undefined && max < properties.length)
    refuse('has fewer maxProperties than properties, which is not supported');
  if (min > Math.max(1, required))
    refuse('has more minProperties than required ones, which is not supported');
  return namedRule(properties, min > 0, compiler);
}

function propertiesOf(schema: SchemaObject, pointer: string, compiler: SchemaCompiler): Property[] {
  const { properties = {}, required = [], additionalProperties = true } = schema;
  if (!isObject(properties)) refuseAt(pointer, 'has properties that are no object');
  if (!Array.isArray(required) || required.some((name: unknown) => typeof name !== 'string')) {
    refuseAt(pointer, 'has required, which must be a list of names');
  }
  const named = properties as SchemaObject;
  const needed = required as readonly string[];
  const others = needed.filter((name) => !Object.hasOwn(named, name));
  const all = [
    ...Object.entries(named).map(([name, value]) => [name, value, 'properties'] as const),
    ...[...new Set(others)].map((name) => [name, additionalProperties, 'required'] as const),
  ];
  return all.map(([name, value, from]) => ({
    name,
    isRequired: needed.includes(name),
    value: compiler.rule(value, `${pointer}/${from}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  }));
}

/** From the last property to the first: what may follow where some stands before it, and where none does. */
function namedRule(properties: readonly Property[], isSome: boolean, compiler: SchemaCompiler): Rule {
  let after: Rule = EMPTY;
  let first: Rule = isSome ? NEVER : EMPTY;
  for (const { name, isRequired, value } of [...properties].reverse()) {
    const entry = sequence(text(JSON.stringify(name)), COLON, value);
    const isThere = isNever(value) ? NEVER : sequence(entry, after);
    const isNext = isNever(value) ? NEVER : sequence(COMMA, entry, after);
    first = compiler.define(isRequired ? isThere : choice(isThere, first));
    after = compiler.define(isRequired ? isNext : choice(isNext, after));
  }
  return sequence(OPEN, first, SPACE, CLOSE);
}

function mapRule(
  { additionalProperties, unevaluatedProperties }: SchemaObject,
  pointer: string,
  compiler: SchemaCompiler,
  { min, max = MOST_ENTRIES }: { readonly min: number; readonly max: number | undefined },
): Rule {
  // Twice the same name counts as one.
  if (min > 1) refuseAt(pointer, 'has minProperties above 1 for free names, which is not supported');
  const value = additionalProperties ?? unevaluatedProperties ?? true;
  const none = min > 0 ? NEVER : sequence(OPEN, CLOSE);
  if (value === false) return none;
  const name = anyString(ref('character'), 0, undefined);
  const entry = compiler.define(
    sequence(name, COLON, compiler.rule(value, `${pointer}/additionalProperties`)),
  );
  const more = compiler.define(sequence(COMMA, entry));
  const most = Math.min(max, MOST_ENTRIES);
  if (most === 0 || isNever(entry)) return none;
  return choice(
    none,
    sequence(OPEN, entry, repeat(more, 0, most === MOST_ENTRIES ? undefined : most - 1), SPACE, CLOSE),
  );
}
