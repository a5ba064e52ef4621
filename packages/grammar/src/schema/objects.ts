import { choice, EMPTY, isNever, NEVER, repeat, type Rule, sequence, text } from '../rule/rule.js';
import { both } from './both.js';
import { countOf } from './counts.js';
import { areAtOnce, isNamedBy, type NamePattern, namePatterns, type NameRule, nameRule } from './names.js';
import { refuseAt } from './refuse.js';
import { neededBy } from './required.js';
import type { SchemaCompiler } from './schema-compiler.js';
import { isObject, type SchemaObject } from './schema-object.js';
import { SPACE } from './space.js';
import { encoded, quoted } from './strings.js';

/** The most entries of an object whose names are free. */
const MOST_ENTRIES = 256;
/** Properties of an object whose number is counted. */
const MOST_COUNTED = 64;

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

/** How many properties there may be. */
interface Counts {
  readonly min: number;
  readonly max: number | undefined;
}

/**
 * Objects as a schema describes them: the properties that it names, in its order, and where it names none, any that
 * `patternProperties` or else `additionalProperties` allow. A name that is free could be one that has a schema of its own, or come
 * twice.
 */
export function objectRule(schema: SchemaObject, pointer: string, compiler: SchemaCompiler): Rule {
  const refuse = (fault: string) => refuseAt(pointer, fault);
  const names = nameRule(schema, pointer, compiler);
  const patterns = namePatterns(schema, pointer);
  const properties = propertiesOf(schema, pointer, compiler, { names, patterns });
  const min = countOf(schema, 'minProperties', refuse) ?? 0;
  const max = countOf(schema, 'maxProperties', refuse);
  if (properties.length === 0) return mapRule(schema, pointer, compiler, { min, max, names, patterns });
  const required = properties.filter(({ isRequired }) => isRequired).length;
  const isCounted = (max ?? Infinity) < properties.length || min > Math.max(1, required);
  if (isCounted && properties.length > MOST_COUNTED)
    refuse(`has minProperties or maxProperties and more than ${MOST_COUNTED} properties`);
  return isCounted
    ? countedRule(properties, { min, max }, compiler)
    : namedRule(properties, min > 0, compiler);
}

interface Naming {
  readonly names: NameRule;
  readonly patterns: readonly NamePattern[];
}

function propertiesOf(
  schema: SchemaObject,
  pointer: string,
  compiler: SchemaCompiler,
  { names, patterns }: Naming,
): Property[] {
  const { properties = {}, required = [], additionalProperties = true } = schema;
  if (!isObject(properties)) refuseAt(pointer, 'has properties that are no object');
  if (!Array.isArray(required) || required.some((name: unknown) => typeof name !== 'string')) {
    refuseAt(pointer, 'has required, which must be a list of names');
  }
  const named = properties as SchemaObject;
  const needed = neededBy(schema, required as readonly string[], Object.keys(named), pointer);
  const all = new Set([...Object.keys(named), ...needed]);
  return [...all].map((name) => {
    const matching = patterns.filter((each) => isNamedBy(each, name));
    const own = Object.hasOwn(named, name)
      ? [{ schema: named[name], pointer: `${pointer}/properties/${escaped(name)}` }]
      : [];
    const schemas = [...own, ...matching];
    const other = { schema: additionalProperties, pointer: `${pointer}/required/${escaped(name)}` };
    return {
      name,
      isRequired: needed.includes(name),
      value: names.has(name) ? ruleOfAll(schemas.length === 0 ? [other] : schemas, compiler) : NEVER,
    };
  });
}

function escaped(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

/** What meets all of some schemas. */
function ruleOfAll(
  schemas: readonly Pick<NamePattern, 'schema' | 'pointer'>[],
  compiler: SchemaCompiler,
): Rule {
  const [{ schema, pointer }, ...others] = schemas;
  if (others.length === 0) return compiler.rule(schema, pointer);
  const whole = others.reduce(
    (all, each) =>
      both(all, compiler.resolve(each.schema, each.pointer), (fault) => refuseAt(each.pointer, fault)),
    compiler.resolve(schema, pointer),
  );
  return compiler.rule(whole, pointer);
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

/** The same, with a rule for each number of properties that stand before one. */
function countedRule(
  properties: readonly Property[],
  { min, max = properties.length }: Counts,
  compiler: SchemaCompiler,
): Rule {
  const counts = properties.map((_, i) => i).concat(properties.length);
  let after: Rule[] = counts.map((count) => (count >= min && count <= max ? EMPTY : NEVER));
  for (const { name, isRequired, value } of [...properties].reverse()) {
    const entry = sequence(text(JSON.stringify(name)), COLON, value);
    after = counts.map((count) => {
      const next = after[count + 1] ?? NEVER;
      const isThere =
        isNever(value) || isNever(next) ? NEVER : sequence(count === 0 ? EMPTY : COMMA, entry, next);
      return compiler.define(isRequired ? isThere : choice(isThere, after[count]));
    });
  }
  return sequence(OPEN, after[0], SPACE, CLOSE);
}

function mapRule(
  schema: SchemaObject,
  pointer: string,
  compiler: SchemaCompiler,
  { min, max = MOST_ENTRIES, names, patterns }: Counts & Naming,
): Rule {
  // Twice the same name counts as one.
  if (min > 1) refuseAt(pointer, 'has minProperties above 1 for free names, which is not supported');
  const none = min > 0 ? NEVER : sequence(OPEN, CLOSE);
  const entry = compiler.define(
    patterns.length > 0
      ? patternEntry(schema, patterns, pointer, compiler)
      : freeEntry(schema, names, pointer, compiler),
  );
  const more = compiler.define(sequence(COMMA, entry));
  const most = Math.min(max, MOST_ENTRIES);
  if (most === 0 || isNever(entry)) return none;
  return choice(
    none,
    sequence(OPEN, entry, repeat(more, 0, most === MOST_ENTRIES ? undefined : most - 1), SPACE, CLOSE),
  );
}

/** A property with a name of no pattern's. */
function freeEntry(
  { additionalProperties, unevaluatedProperties }: SchemaObject,
  { written }: NameRule,
  pointer: string,
  compiler: SchemaCompiler,
): Rule {
  const value = additionalProperties ?? unevaluatedProperties ?? true;
  if (value === false) return NEVER;
  return sequence(written, COLON, compiler.rule(value, `${pointer}/additionalProperties`));
}

/** A property whose name matches a pattern: its value meets the schemas of all patterns that the name could match. */
function patternEntry(
  { propertyNames }: SchemaObject,
  patterns: readonly NamePattern[],
  pointer: string,
  compiler: SchemaCompiler,
): Rule {
  if (propertyNames !== undefined && propertyNames !== true)
    refuseAt(pointer, 'has patternProperties beside propertyNames, which is not supported');
  return choice(
    ...patterns.map((pattern) => {
      const value = ruleOfAll(
        [pattern, ...patterns.filter((each) => each !== pattern && areAtOnce(pattern, each))],
        compiler,
      );
      return isNever(value) ? NEVER : sequence(quoted(encoded(pattern.names)), COLON, value);
    }),
  );
}
