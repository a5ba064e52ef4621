import { matches, overlap } from '../rule/automaton.js';
import { choice, ref, type Rule, text } from '../rule/rule.js';
import { countOf } from './counts.js';
import { patternRule } from './pattern.js';
import { refuseAt } from './refuse.js';
import type { SchemaCompiler } from './schema-compiler.js';
import { isObject, type SchemaObject } from './schema-object.js';
import { anyString, encoded, quoted } from './strings.js';

/** Steps for which two patterns are compared. */
const MOST_STATES = 2000;

/** Names that match a pattern, and what their values are. */
export interface NamePattern {
  readonly names: Rule;
  readonly schema: unknown;
  readonly pointer: string;
}

/** The `patternProperties` of an object. */
export function namePatterns({ patternProperties }: SchemaObject, pointer: string): NamePattern[] {
  if (patternProperties === undefined) return [];
  if (!isObject(patternProperties)) return refuseAt(pointer, 'has patternProperties that are no object');
  return Object.entries(patternProperties).map(([source, schema]) => {
    const refuse = (fault: string) => refuseAt(pointer, fault);
    return {
      names: patternRule(source, refuse),
      schema,
      pointer: `${pointer}/patternProperties/${source.replaceAll('~', '~0').replaceAll('/', '~1')}`,
    };
  });
}

/** Whether a name matches a pattern. */
export function isNamedBy({ names }: NamePattern, name: string): boolean {
  return matches(names, name);
}

/** Whether a name may match both of two patterns. */
export function areAtOnce(a: NamePattern, b: NamePattern): boolean {
  return a === b || overlap(a.names, b.names, MOST_STATES);
}

/** Names that `propertyNames` lets through. */
export interface NameRule {
  /** As JSON writes them. */
  readonly written: Rule;
  has(name: string): boolean;
}

/** What `propertyNames` says: which names, a pattern, or how long they are. */
export function nameRule(
  { propertyNames }: SchemaObject,
  pointer: string,
  compiler: SchemaCompiler,
): NameRule {
  const at = `${pointer}/propertyNames`;
  const any = { written: anyString(ref('character'), 0, undefined), has: () => true };
  if (propertyNames === undefined || propertyNames === true) return any;
  const schema = compiler.resolve(propertyNames, at);
  if (!isObject(schema)) return refuseAt(at, 'lets no name through, which is not supported');
  const { type = 'string', enum: listed, const: only, pattern } = schema;
  const kinds = ['enum', 'const', 'pattern', 'minLength', 'maxLength'].filter((each) => each in schema);
  const known = new Set([...kinds, 'type', 'title', 'description', '$comment']);
  const other = Object.keys(schema).find((each) => !known.has(each));
  if (type !== 'string' || other !== undefined) {
    return refuseAt(at, 'may have enum, const, pattern, or minLength and maxLength, and nothing else');
  }
  const refuse = (fault: string) => refuseAt(at, fault);
  if (typeof pattern === 'string' && kinds.length === 1) {
    const names = patternRule(pattern, refuse);
    return { written: quoted(encoded(names)), has: (name) => matches(names, name) };
  }
  if (kinds.every((each) => each.endsWith('Length'))) {
    const [min = 0, max] = ['minLength', 'maxLength'].map((each) => countOf(schema, each, refuse));
    const has = (name: string) => {
      const { length } = Array.from(name);
      return length >= min && length <= (max ?? Infinity);
    };
    return { written: anyString(ref('character'), min, max), has };
  }
  const values: unknown = 'const' in schema ? [only] : listed;
  if (kinds.length > 1 || !Array.isArray(values)) {
    return refuseAt(at, 'may have one of enum, const, pattern, or minLength and maxLength');
  }
  const names = values.filter((each): each is string => typeof each === 'string');
  return {
    written: choice(...names.map((name) => text(JSON.stringify(name)))),
    has: (name) => names.includes(name),
  };
}
