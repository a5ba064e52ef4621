import { complaintOf, HalfspaceError } from '@halfspace/contracts';
import { choice, type Grammar, isNever, NEVER, ref, type Rule, text } from '../rule/rule.js';
import { arrayRule } from './arrays.js';
import { both, same } from './both.js';
import { areExclusive, typeOf } from './exclusive.js';
import { isAbout, roleOf, typesByKeywords } from './keywords.js';
import { integerRule, numberRule } from './numbers.js';
import { objectRule } from './objects.js';
import { refuseAt } from './refuse.js';
import type { SchemaCompiler } from './schema-compiler.js';
import { isObject, type JsonSchema, type SchemaObject } from './schema-object.js';
import { STRING_CHARACTER } from './strings.js';
import { stringRule } from './string-rule.js';
import { SPACE_RULE } from './space.js';

/** Schemas within one, references followed: more are refused. */
const MOST_NODES = 5000;
/** How deep they may be inside one another. */
const MOST_DEPTH = 64;
/** Characters of a schema as JSON. */
const MOST_TEXT = 500_000;

/**
 * The grammar of documents of a JSON Schema. Each of its texts is valid; not every valid one is among them: properties come in
 * the order of the schema, only those that it names, and spaces only where people put them.
 *
 * @throws HalfspaceError `bad-schema` for what is no schema, has a keyword that cannot be kept, is met by no document or is too large
 */
export function compileSchema(schema: unknown): Grammar {
  const root = snapshot(schema);
  const rules = new Map<string, Rule>();
  const compiler = createCompiler(root, rules);
  rules.set('root', compiler.rule(root, ''));
  rules.set('space', SPACE_RULE);
  rules.set('character', STRING_CHARACTER);
  return rules;
}

/** A copy as JSON has it: what it is later changed to makes no difference. */
function snapshot(schema: unknown): JsonSchema {
  let json: string | undefined;
  try {
    json = JSON.stringify(schema);
  } catch (cause) {
    throw new HalfspaceError('bad-schema', `The JSON Schema is no JSON: ${complaintOf(cause)}`, { cause });
  }
  if (json !== undefined && json.length > MOST_TEXT) {
    refuseAt('', `has ${json.length} characters as JSON, and at most ${MOST_TEXT} are taken`);
  }
  const copy: unknown = json === undefined ? undefined : JSON.parse(json);
  return isObject(copy) || typeof copy === 'boolean' ? copy : refuseAt('', 'is no object');
}

function createCompiler(root: JsonSchema, rules: Map<string, Rule>): SchemaCompiler {
  const named = new Map<string, string>();
  /** References that are followed, and nothing was written since: one that comes again adds nothing. */
  let open: readonly string[] = [];
  let nodes = 0;
  let depth = 0;
  let anything: Rule | undefined;

  function define(rule: Rule): Rule {
    if (rule.kind === 'ref' || rule.kind === 'text' || isNever(rule)) return rule;
    const name = `rule${rules.size}`;
    rules.set(name, rule);
    return ref(name);
  }

  const compiler: SchemaCompiler = {
    define,
    resolve: (schema, pointer) => resolved(schema, pointer),
    rule(schema, pointer) {
      const before = open;
      open = [];
      const rule = nodeRule(schema, pointer);
      open = before;
      return rule;
    },
  };

  function nodeRule(schema: unknown, pointer: string): Rule {
    if (++nodes > MOST_NODES) refuseAt('', `has more than ${MOST_NODES} schemas inside, references followed`);
    if (++depth > MOST_DEPTH) refuseAt('', `is more than ${MOST_DEPTH} levels deep`);
    try {
      return typeof schema === 'boolean' ? (schema ? anyValue() : NEVER) : constrained(schema, pointer);
    } finally {
      depth--;
    }
  }

  function constrained(schema: unknown, pointer: string): Rule {
    if (!isObject(schema)) return refuseAt(pointer, 'is no schema: neither an object nor true or false');
    const refused = Object.keys(schema).find((keyword) => roleOf(keyword) === 'refused');
    if (refused !== undefined) return refuseAt(pointer, `has the keyword ${refused}, which is not supported`);
    const { $ref: target, ...rest } = schema;
    if (target !== undefined && !says(rest)) return refRule(target, pointer);
    const refuse = (fault: string) => refuseAt(pointer, fault);
    if (target !== undefined) return nodeRule(both(resolved(schema, pointer), rest, refuse), pointer);
    for (const keyword of ['allOf', 'anyOf', 'oneOf'] as const) {
      if (schema[keyword] !== undefined) return combined(schema, keyword, pointer);
    }
    if ('enum' in schema || 'const' in schema) return valuesRule(schema, pointer);
    return typesRule(schema, pointer);
  }

  function refRule(target: unknown, pointer: string): Rule {
    const key = String(target);
    if (open.includes(key)) return NEVER;
    const known = named.get(key);
    if (known !== undefined) return ref(known);
    const found = lookUp(root, target, pointer);
    const name = `ref${named.size}`;
    named.set(key, name);
    const before = open;
    open = [...open, key];
    rules.set(name, NEVER);
    rules.set(name, nodeRule(found, key.slice(1)));
    open = before;
    return ref(name);
  }

  /** A schema without a reference in its place, for what is put together with others. */
  function resolved(schema: unknown, pointer: string, followed = 0): JsonSchema {
    if (!isObject(schema)) return schema === false ? false : true;
    const { $ref: target, ...rest } = schema;
    if (target === undefined) return schema;
    if (followed > MOST_DEPTH) return refuseAt(pointer, 'has a reference that leads to itself');
    const found = resolved(lookUp(root, target, pointer), pointer, followed + 1);
    return says(rest) ? both(found, rest, (fault) => refuseAt(pointer, fault)) : found;
  }

  function combined(schema: SchemaObject, keyword: 'allOf' | 'anyOf' | 'oneOf', pointer: string): Rule {
    const { [keyword]: listed, ...rest } = schema;
    if (!Array.isArray(listed) || listed.length === 0) {
      return refuseAt(pointer, `has ${keyword}, which must be a list of schemas`);
    }
    const branches = listed as readonly unknown[];
    const refuse = (fault: string) => refuseAt(pointer, fault);
    if (keyword === 'allOf') {
      const isAlone = branches.length === 1 && !says(rest);
      if (isAlone) return nodeRule(branches[0], `${pointer}/allOf/0`);
      const whole = branches.reduce<JsonSchema>((all, each) => both(all, flat(each, pointer), refuse), rest);
      return nodeRule(whole, pointer);
    }
    const alternatives = says(rest)
      ? branches.map((each) => both(rest, resolved(each, pointer), refuse))
      : branches;
    if (keyword === 'oneOf') assertExclusive(alternatives as readonly JsonSchema[], pointer);
    return choice(...alternatives.map((each, i) => define(nodeRule(each, `${pointer}/${keyword}/${i}`))));
  }

  /** A part of an `allOf`, with its own parts put together. */
  function flat(schema: unknown, pointer: string, level = 0): JsonSchema {
    const found = resolved(schema, pointer);
    if (!isObject(found) || !Array.isArray(found['allOf'])) return found;
    if (level > MOST_DEPTH) return refuseAt(pointer, 'has an allOf that contains itself');
    const { allOf, ...rest } = found;
    return (allOf as unknown[]).reduce<JsonSchema>(
      (all, each) => both(all, flat(each, pointer, level + 1), (fault) => refuseAt(pointer, fault)),
      rest,
    );
  }

  function assertExclusive(branches: readonly JsonSchema[], pointer: string): void {
    const follow = (schema: unknown) => resolved(schema, pointer);
    branches.forEach((branch, i) => {
      if (branches.slice(0, i).every((other) => areExclusive(branch, other, follow))) return;
      refuseAt(
        pointer,
        'has a oneOf whose schemas a document may meet at once, as far as can be seen. Use anyOf, or give each an own const in a required property',
      );
    });
  }

  function valuesRule(schema: SchemaObject, pointer: string): Rule {
    const { enum: listed, const: only, type, ...rest } = schema;
    const more = Object.keys(rest).find((keyword) => roleOf(keyword) === 'kept');
    if (listed !== undefined && !Array.isArray(listed))
      return refuseAt(pointer, 'has an enum that is no list');
    const all = 'const' in schema ? [only] : (listed as readonly unknown[]);
    const both =
      'const' in schema && listed !== undefined
        ? all.filter((each) => (listed as unknown[]).some((other) => same(each, other)))
        : all;
    const types = type === undefined ? undefined : typesOf(type, pointer);
    const values = both.filter((value) => types === undefined || types.some((each) => isOfType(value, each)));
    if (more !== undefined && values.some((value) => isAbout(more, typeOf(value)))) {
      return refuseAt(
        pointer,
        `has ${more} beside ${'const' in schema ? 'const' : 'enum'}, which is not supported`,
      );
    }
    return define(choice(...values.map((value) => text(JSON.stringify(value)))));
  }

  function typesRule(schema: SchemaObject, pointer: string): Rule {
    const given =
      schema['type'] === undefined ? typesByKeywords(Object.keys(schema)) : typesOf(schema['type'], pointer);
    if (given.length === 0) return schema['type'] === undefined ? anyValue() : NEVER;
    return choice(...given.map((type) => define(typeRule(type, schema, pointer))));
  }

  function typeRule(type: string, schema: SchemaObject, pointer: string): Rule {
    const refuse = (fault: string) => refuseAt(pointer, fault);
    switch (type) {
      case 'object':
        return objectRule(schema, pointer, compiler);
      case 'array':
        return arrayRule(schema, pointer, compiler);
      case 'string':
        return stringRule(schema, refuse);
      case 'integer':
        return integerRule(schema, refuse);
      case 'number':
        return numberRule(schema, refuse);
      case 'boolean':
        return choice(text('true'), text('false'));
      default:
        return text('null');
    }
  }

  /** Any JSON value. */
  function anyValue(): Rule {
    if (anything !== undefined) return anything;
    anything = ref('anything');
    rules.set('anything', NEVER);
    const types = ['object', 'array', 'string', 'number', 'boolean', 'null'];
    const all = types.map((type) => define(typeRule(type, { additionalProperties: true }, '')));
    rules.set('anything', choice(...all));
    return anything;
  }

  return compiler;
}

const TYPES = ['object', 'array', 'string', 'integer', 'number', 'boolean', 'null'];

function typesOf(type: unknown, pointer: string): string[] {
  const types = Array.isArray(type) ? (type as unknown[]) : [type];
  const wrong = types.find((each) => !TYPES.includes(each as string));
  if (wrong !== undefined)
    refuseAt(pointer, `has the type ${JSON.stringify(wrong)}; there are ${TYPES.join(', ')}`);
  const names = types as string[];
  return names.includes('number') ? names.filter((each) => each !== 'integer') : names;
}

function isOfType(value: unknown, type: string): boolean {
  return type === 'integer' ? Number.isInteger(value) : typeOf(value) === type;
}

/** Whether it says anything of which documents are valid. */
function says(schema: SchemaObject): boolean {
  return Object.keys(schema).some((keyword) => roleOf(keyword) !== 'ignored');
}

/** What a reference within the schema leads to. */
function lookUp(root: JsonSchema, target: unknown, pointer: string): unknown {
  if (typeof target !== 'string' || !/^#(\/|$)/.test(target)) {
    return refuseAt(
      pointer,
      `has the $ref ${JSON.stringify(target)}; only those within the schema are followed, such as "#/$defs/name"`,
    );
  }
  const steps = decodeURIComponentSafely(target).split('/').slice(1);
  let found: unknown = root;
  for (const step of steps) {
    const key = step.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, key)) {
      return refuseAt(pointer, `has the $ref ${JSON.stringify(target)}, where there is nothing`);
    }
    found = (found as Record<string, unknown>)[key];
  }
  return found;
}

function decodeURIComponentSafely(pointer: string): string {
  try {
    return decodeURIComponent(pointer);
  } catch {
    return pointer;
  }
}
