import type { SchemaObject } from '../schema/schema-object.js';

/** Numbers from 0 to 1, without 1. */
export type Random = () => number;

const NAMES = ['a', 'b', 'name', 'a "b"', 'é', '', 'kind'];
const PATTERNS = [
  '^[a-f]{2,4}$',
  '^(yes|no)?$',
  'b+',
  '^\\d{3}-\\w$',
  '^[^a-z]{1,3}',
  '"$',
  '^\\p{Lu}[\\s\\S]{0,3}$',
];
const FORMATS = ['date', 'time', 'date-time', 'duration', 'email', 'hostname', 'ipv4', 'ipv6', 'uri', 'uuid'];
const VALUES = [null, true, 0, -1.5, 'x', 'é"\n', [1, 'two'], { a: 1, b: [] }, ''];

const pick = <T>(random: Random, items: readonly T[]): T => items[Math.floor(random() * items.length)];
const upTo = (random: Random, most: number) => Math.floor(random() * (most + 1));
const chance = (random: Random, share: number) => random() < share;

/** A schema that is taken, of any supported keywords, with definitions that may contain themselves. */
export function randomSchema(random: Random, depth = 3): SchemaObject {
  return {
    ...schemaOf(random, depth),
    $defs: { leaf: schemaOf(random, 0), tree: treeOf(random) },
  };
}

function treeOf(random: Random): SchemaObject {
  return {
    type: 'object',
    properties: { value: schemaOf(random, 0), next: { anyOf: [{ $ref: '#/$defs/tree' }, { type: 'null' }] } },
    required: ['next'],
    additionalProperties: chance(random, 0.5),
  };
}

function schemaOf(random: Random, depth: number): SchemaObject {
  const leaves = [stringOf, numberOf, integerOf, valuesOf, simpleOf];
  const nodes = [
    objectOf,
    objectOf,
    arrayOf,
    tupleOf,
    mapOf,
    namesOf,
    uniqueOf,
    containsOf,
    unionOf,
    oneOfOf,
    bothOf,
    refOf,
    nullableOf,
  ];
  return pick(random, depth > 0 ? [...leaves, ...nodes] : leaves)(random, depth - 1);
}

function stringOf(random: Random): SchemaObject {
  const kind = upTo(random, 3);
  if (kind === 0) return { type: 'string', pattern: pick(random, PATTERNS) };
  if (kind === 1) return { type: 'string', format: pick(random, FORMATS) };
  if (kind === 2) return { type: 'string' };
  const minLength = upTo(random, 4);
  return { type: 'string', minLength, maxLength: minLength + upTo(random, 5) };
}

function bound(random: Random): number {
  const scale = pick(random, [1, 1, 10, 1000, 1e6]);
  return Math.round((random() - 0.4) * scale * 100) / 100;
}

function boundsOf(random: Random, room: number): SchemaObject {
  const low = bound(random);
  const high = low + room + Math.round(random() * 1000) / 100;
  return {
    ...(chance(random, 0.6) && { [pick(random, ['minimum', 'exclusiveMinimum'])]: low }),
    ...(chance(random, 0.6) && { [pick(random, ['maximum', 'exclusiveMaximum'])]: high }),
  };
}

function numberOf(random: Random): SchemaObject {
  return { type: 'number', ...boundsOf(random, 0.1) };
}

function integerOf(random: Random): SchemaObject {
  if (chance(random, 0.1))
    return { type: 'integer', minimum: -20, maximum: 40, multipleOf: 1 + upTo(random, 7) };
  if (chance(random, 0.1)) return multipleOf(random);
  return { type: 'integer', ...boundsOf(random, 3) };
}

function multipleOf(random: Random): SchemaObject {
  const step = pick(random, [1, 2, 3, 5, 7, 10, 25, 60, 100, 0.5, 0.25, 1.5, 0.125]);
  const minimum = chance(random, 0.5) && { minimum: pick(random, [0, bound(random)]) };
  return { type: Number.isInteger(step) ? 'integer' : 'number', multipleOf: step, ...minimum };
}

function valuesOf(random: Random): SchemaObject {
  if (chance(random, 0.5)) return { const: pick(random, VALUES) };
  return { enum: VALUES.filter(() => chance(random, 0.4)).concat(['last']) };
}

function simpleOf(random: Random): SchemaObject {
  return pick<SchemaObject>(random, [
    { type: 'boolean' },
    { type: 'null' },
    { type: ['integer', 'null'] },
    { description: 'any' },
  ]);
}

function objectOf(random: Random, depth: number): SchemaObject {
  const names = NAMES.filter(() => chance(random, 0.5));
  const properties = Object.fromEntries(names.map((name) => [name, schemaOf(random, depth)]));
  return {
    type: 'object',
    properties,
    required: names.filter(() => chance(random, 0.5)),
    ...(chance(random, 0.5) && { additionalProperties: chance(random, 0.5) }),
    ...(chance(random, 0.2) && { minProperties: upTo(random, names.length) }),
    ...(chance(random, 0.2) && { maxProperties: names.length }),
    ...(chance(random, 0.2) && { dependentRequired: { a: ['b', 'kind'] } }),
    ...(chance(random, 0.2) && { patternProperties: { '^[ab]': schemaOf(random, 0) } }),
    ...(chance(random, 0.1) && { propertyNames: { pattern: '^[a-z]' } }),
  };
}

/** Objects whose names are free, but for how they are written. */
function namesOf(random: Random, depth: number): SchemaObject {
  const named = pick<SchemaObject>(random, [
    { patternProperties: { '^[a-c]$': schemaOf(random, depth) } },
    { patternProperties: { '^x': schemaOf(random, depth), y$: schemaOf(random, 0) } },
    {
      patternProperties: { '^x$': schemaOf(random, depth), '^y+$': schemaOf(random, depth) },
      required: ['x'],
    },
    { propertyNames: { enum: ['a', 'a "b"'] } },
    { propertyNames: { minLength: 1, maxLength: 3 } },
  ]);
  return { type: 'object', ...named, ...(chance(random, 0.3) && { additionalProperties: false }) };
}

function uniqueOf(random: Random): SchemaObject {
  const items = pick<SchemaObject>(random, [
    { enum: VALUES },
    { enum: ['a', 'b', 'c'] },
    { type: 'boolean' },
  ]);
  const minItems = upTo(random, 2);
  return { type: 'array', items, uniqueItems: true, minItems, ...(chance(random, 0.5) && { maxItems: 3 }) };
}

function containsOf(random: Random, depth: number): SchemaObject {
  const contains = chance(random, 0.5) ? { type: 'boolean' } : schemaOf(random, depth);
  return {
    type: 'array',
    contains,
    ...(chance(random, 0.5) && { minContains: upTo(random, 2), maxItems: 3 }),
  };
}

function mapOf(random: Random, depth: number): SchemaObject {
  return {
    type: 'object',
    additionalProperties: schemaOf(random, depth),
    ...(chance(random, 0.3) && { maxProperties: 2 }),
  };
}

function arrayOf(random: Random, depth: number): SchemaObject {
  const minItems = upTo(random, 2);
  return {
    type: 'array',
    items: schemaOf(random, depth),
    ...(chance(random, 0.4) && { minItems }),
    ...(chance(random, 0.6) && { maxItems: minItems + upTo(random, 3) }),
  };
}

function tupleOf(random: Random, depth: number): SchemaObject {
  const prefixItems = Array.from({ length: 1 + upTo(random, 2) }, () => schemaOf(random, depth));
  return { type: 'array', prefixItems, items: pick<unknown>(random, [false, { type: 'boolean' }]) };
}

function unionOf(random: Random, depth: number): SchemaObject {
  return { anyOf: [schemaOf(random, depth), schemaOf(random, depth)] };
}

function oneOfOf(random: Random, depth: number): SchemaObject {
  const branch = (kind: string) => ({
    type: 'object',
    properties: { kind: { const: kind }, value: schemaOf(random, depth) },
    required: ['kind'],
  });
  return { oneOf: [branch('one'), branch('two'), { type: 'boolean' }] };
}

function bothOf(random: Random, depth: number): SchemaObject {
  const part = (name: string) => ({
    type: 'object',
    properties: { [name]: schemaOf(random, depth) },
    required: [name],
  });
  return { allOf: [part('a'), part('b')], description: 'both' };
}

function refOf(random: Random): SchemaObject {
  return { $ref: pick(random, ['#/$defs/leaf', '#/$defs/tree']) };
}

function nullableOf(random: Random, depth: number): SchemaObject {
  return { anyOf: [schemaOf(random, depth), { type: 'null' }] };
}
