import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, test } from 'vitest';
import { determinise, matches } from '../rule/automaton.js';
import { choice, type Grammar, repeat, type Rule, sequence } from '../rule/rule.js';
import { compileSchema } from './compile-schema.js';
import type { SchemaObject } from './schema-object.js';

/** A rule with the rules that it names in their place, where none contains itself. */
function inlined(rule: Rule, grammar: Grammar): Rule {
  switch (rule.kind) {
    case 'ref':
      return inlined(grammar.get(rule.name) as Rule, grammar);
    case 'sequence':
      return sequence(...rule.parts.map((each) => inlined(each, grammar)));
    case 'choice':
      return choice(...rule.options.map((each) => inlined(each, grammar)));
    case 'repeat':
      return repeat(inlined(rule.rule, grammar), rule.min, rule.max);
    default:
      return rule;
  }
}

describe('documents that a schema lets through are valid', () => {
  test.each<[SchemaObject, readonly unknown[], readonly unknown[]]>([
    [{ type: 'integer', multipleOf: 3 }, [0, 3, -6, 999], [1, 10]],
    [{ type: 'integer', multipleOf: 25, minimum: 0 }, [0, 25, 100, 123456775], [-25, 130]],
    [{ type: 'integer', multipleOf: 60, minimum: 50 }, [60, 600], [0, 61]],
    [{ type: 'number', multipleOf: 0.25 }, [0.25, -1.75, 1234.5, 0], [0.1, 0.3]],
    [{ type: 'number', multipleOf: 1.5 }, [1.5, 3, -4.5], [1, 2.5]],
    [
      { type: 'array', items: { enum: ['a', 'b', 'c'] }, uniqueItems: true },
      [[], ['c', 'a'], ['b', 'a', 'c']],
      [['a', 'a']],
    ],
    [
      { type: 'array', items: { type: 'boolean' }, uniqueItems: true, minItems: 1 },
      [[true], [false, true]],
      [[], [true, true]],
    ],
    [
      { type: 'array', items: { enum: [1, 2, 3, 4, 5, 6, 7, 8] }, uniqueItems: true, maxItems: 2 },
      [[1, 8], [5]],
      [
        [8, 8],
        [1, 2, 3],
      ],
    ],
    [
      { type: 'array', items: { enum: [{ a: 1, b: 2 }, { b: 2, a: 1 }, 3] }, uniqueItems: true },
      [[{ a: 1, b: 2 }, 3]],
      [
        [
          { a: 1, b: 2 },
          { b: 2, a: 1 },
        ],
      ],
    ],
    [{ type: 'array', items: { enum: [1, 2, 3] }, contains: { const: 2 } }, [[2], [2, 1, 3]], [[], [1, 3]]],
    [
      { type: 'array', items: { enum: [1, 2] }, contains: { const: 2 }, minContains: 2 },
      [
        [2, 2],
        [2, 2, 1],
      ],
      [[2], [2, 1]],
    ],
    [
      { type: 'object', patternProperties: { '^n_': { enum: [1] } }, additionalProperties: false },
      [{}, { n_x: 1 }],
      [{ x: 1 }, { n_x: 2 }],
    ],
    [
      { type: 'object', patternProperties: { '^a': { enum: [1, 2] }, b$: { enum: [2, 3] } } },
      [{ ab: 2 }],
      [{ ab: 1 }, { ab: 3 }],
    ],
    [
      { type: 'object', patternProperties: { '^a$': { const: 1 }, '^b$': { const: 2 } } },
      [{ a: 1, b: 2 }],
      [{ a: 2 }],
    ],
    [
      {
        type: 'object',
        properties: { ab: { enum: [1, 2] } },
        patternProperties: { '^a': { enum: [2, 3] } },
        required: ['ab'],
      },
      [{ ab: 2 }],
      [{ ab: 1 }, {}],
    ],
    [
      { type: 'object', propertyNames: { enum: ['x', 'y'] }, additionalProperties: { const: 1 } },
      [{ x: 1, y: 1 }],
      [{ z: 1 }],
    ],
    [
      { type: 'object', propertyNames: { maxLength: 1 }, properties: { a: { const: 1 }, bb: { const: 2 } } },
      [{ a: 1 }, {}],
      [{ bb: 2 }],
    ],
    [
      {
        type: 'object',
        properties: { a: { const: 1 }, b: { const: 2 }, c: { const: 3 } },
        minProperties: 2,
        maxProperties: 2,
      },
      [
        { a: 1, b: 2 },
        { b: 2, c: 3 },
      ],
      [{ a: 1 }, { a: 1, b: 2, c: 3 }],
    ],
    [
      { type: 'object', properties: { a: { const: 1 }, b: { const: 2 } }, dependentRequired: { a: ['b'] } },
      [{ a: 1, b: 2 }, { b: 2 }],
      [{ a: 1 }],
    ],
  ])('%j', (schema, some, none) => {
    const grammar = compileSchema(schema);
    const root = inlined(grammar.get('root') as Rule, grammar);
    const isValid = new Ajv2020({ strict: false }).compile(schema);
    for (const document of some) {
      expect([document, matches(root, JSON.stringify(document))]).toEqual([document, true]);
      expect([document, isValid(document)]).toEqual([document, true]);
    }
    for (const document of none)
      expect([document, matches(root, JSON.stringify(document))]).toEqual([document, false]);
    expect(() => determinise(grammar, 20_000)).not.toThrow();
  });
});
