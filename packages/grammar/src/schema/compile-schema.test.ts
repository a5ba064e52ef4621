import { describe, expect, test } from 'vitest';
import { grammarFilter } from '../grammar-filter.js';
import { jsonSchemaFilter, jsonSchemaGrammar } from '../json-schema-filter.js';
import type { JsonSchema } from './schema-object.js';

const deep = (levels: number): JsonSchema =>
  levels === 0 ? true : { type: 'array', items: deep(levels - 1) };
const wide = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, i) => [`p${i}`, { type: 'string' }]));

describe('a schema is refused with what is wrong, and where', () => {
  test.each<[unknown, RegExp]>([
    [undefined, /is no object/],
    ['{}', /is no object/],
    [{ type: 'strnig' }, /has the type "strnig"; there are object/],
    [{ properties: { a: { not: {} } } }, /at "\/properties\/a" has the keyword not, which is not supported/],
    [{ patternProperties: [] }, /has patternProperties that are no object/],
    [{ patternProperties: { '(': {} } }, /is no regular expression/],
    [{ patternProperties: { a: {} }, propertyNames: { maxLength: 3 } }, /beside propertyNames/],
    [{ allOf: [{ patternProperties: { a: {} } }, { additionalProperties: false }] }, /of another schema/],
    [{ propertyNames: { format: 'date' } }, /and nothing else/],
    [{ propertyNames: { enum: ['a'], minLength: 2 } }, /may have one of/],
    [{ dependencies: { a: { required: ['b'] } } }, /a schema in place of names/],
    [{ dependentRequired: { a: ['b'] } }, /names no properties/],
    [{ contains: true, maxContains: 2 }, /keyword maxContains/],
    [{ contains: true, prefixItems: [true] }, /beside prefixItems/],
    [{ if: {} }, /keyword if/],
    [{ properties: { 'a/b': 3 } }, /at "\/properties\/a~1b" is no schema/],
    [{ $ref: 'https://example.org/schema' }, /only those within the schema/],
    [{ $ref: '#/$defs/none' }, /where there is nothing/],
    [{ $ref: '#' }, /is met by no text that has an end/],
    [{ properties: { next: { $ref: '#' } }, required: ['next'] }, /no text that has an end/],
    [false, /no text that has an end/],
    [{ enum: [] }, /no text that has an end/],
    [{ type: 'integer', minimum: 3, maximum: 2 }, /no text that has an end/],
    [{ type: 'string', format: 'iri' }, /has the format "iri"; there are date, time/],
    [{ type: 'string', pattern: '(' }, /is no regular expression/],
    [{ type: 'string', pattern: '(?=a)b' }, /an assertion/],
    [{ type: 'string', pattern: 'a^b' }, /an anchor inside/],
    [{ type: 'string', pattern: '(a)\\1' }, /a back reference/],
    [{ type: 'string', pattern: '^a+$', maxLength: 3 }, /Say the length in a pattern/],
    [{ type: 'string', minLength: -1 }, /must be a whole number from 0/],
    [{ type: 'string', minLength: 5000 }, /at most 1024/],
    [{ type: 'array', uniqueItems: true }, /where items are one of an enum/],
    [{ type: 'number', multipleOf: 0.1 }, /multipleOf/],
    [{ type: 'integer', multipleOf: 0 }, /multipleOf/],
    [{ oneOf: [{ type: 'integer' }, { type: 'number' }] }, /Use anyOf/],
    [{ allOf: [{ pattern: 'a' }, { pattern: 'b' }] }, /has pattern twice/],
    [{ type: 'object', minProperties: 2 }, /minProperties above 1/],
    [{ enum: [1, 2], minimum: 2 }, /minimum beside enum/],
    [deep(100), /levels deep/],
    [{ properties: wide(6000) }, /more than 5000 schemas/],
    [{ description: 'x'.repeat(600_000) }, /characters as JSON/],
    [{ type: 'string', pattern: '^((((a{0,100}b?){0,100}c?){0,100}d?){0,100})$' }, /too large/],
    [{ allOf: [{ $ref: '#' }, { type: 'object' }] }, /itself/],
  ])('%j', (schema, message) => {
    expect(() => jsonSchemaFilter(schema as JsonSchema)).toThrow(
      expect.objectContaining({ code: 'bad-schema' }),
    );
    expect(() => jsonSchemaFilter(schema as JsonSchema)).toThrow(message);
  });

  test('one that contains itself as an object, too', () => {
    const circle: Record<string, unknown> = {};
    circle['properties'] = { circle };
    expect(() => jsonSchemaFilter(circle)).toThrow(/is no JSON/);
  });
});

test('what JSON Schema does not know, or only describes, is passed over', () => {
  const bare = { type: 'boolean' };
  expect(jsonSchemaGrammar({ ...bare, 'x-ours': 1, title: 'T', $schema: 's', default: 3 })).toBe(
    jsonSchemaGrammar(bare),
  );
});

test('a schema is copied', () => {
  const schema = { enum: ['a'] };
  const filter = jsonSchemaFilter(schema);
  schema.enum[0] = 'b';
  expect(filter.name).toBe('json-schema');
});

describe('a grammar is refused with what is wrong, and in which line', () => {
  test.each<[unknown, RegExp]>([
    ['', /is a text of rules .* is empty/],
    [3, /this is 3/],
    ['root ::= "a', /in line 1 it cannot be read/],
    ['x ::= "a"', /has no rule root/],
    ['root ::= y', /in line 1 there is no rule y/],
    ['root ::= "a"\n\nroot ::= "b"', /in line 3 there is a second rule root/],
    ['root ::= root "a"', /no text that has an end/],
    ['root ::= [z-a]', /ends before it begins/],
    ['root ::= "a" |', /nothing stands where something must/],
    ['root ::= ("a"', /"\)" is missing/],
    ['root ::= "a"{3,2}', /is no repetition/],
    ['root ::= "a"{99999}', /is no repetition/],
    ['root ::= "\\q"', /no escape/],
    ['root ::= "\\ud800"', /is no character/],
    ['root ::= ' + '('.repeat(200) + '"a"' + ')'.repeat(200), /levels deep/],
    ['root ::= ((("a"{0,100} "b"?){0,100} "c"?){0,100} "d"?){0,100}', /too large/],
    ['# x'.repeat(500_000), /characters, and at most/],
  ])('%j', (grammar, message) => {
    expect(() => grammarFilter(grammar as string)).toThrow(expect.objectContaining({ code: 'bad-grammar' }));
    expect(() => grammarFilter(grammar as string)).toThrow(message);
  });
});
