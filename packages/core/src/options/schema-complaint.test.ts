import { Ajv2020 } from 'ajv/dist/2020.js';
import { expect, it } from 'vitest';
import { schemaComplaint } from './schema-complaint.js';

const validate = new Ajv2020({ strict: true, verbose: true, discriminator: true }).compile({
  type: 'object',
  additionalProperties: false,
  required: ['share'],
  properties: {
    share: { type: 'number', maximum: 1 },
    kind: { enum: ['lazy', 'eager'] },
    format: { const: 'x' },
    list: {
      type: 'array',
      minItems: 1,
      maxItems: 2,
      uniqueItems: true,
      items: { type: 'string', minLength: 2 },
    },
    map: { type: 'object', minProperties: 2, propertyNames: { pattern: '^[a-z]+$' } },
    control: {
      type: 'object',
      discriminator: { propertyName: 'mode' },
      oneOf: ['penalty', 'constraints'].map((mode) => ({
        required: ['mode'],
        properties: { mode: { const: mode } },
      })),
    },
  },
});

it.each([
  [[], 'the config must be object; got a list'],
  [{}, 'the config must have "share", which is missing'],
  [{ share: 2 }, 'share must be <= 1; got 2'],
  [{ share: null }, 'share must be number; got null'],
  [{ share: {} }, 'share must be number; got an object'],
  [{ share: 1, kind: 'lazi' }, 'kind must be one of lazy, eager; got "lazi". Did you mean "lazy"?'],
  [{ share: 1, kind: 'x'.repeat(100) }, `kind must be one of lazy, eager; got "${'x'.repeat(60)}…"`],
  [{ share: 1, format: 'y' }, 'format must be "x"; got "y"'],
  [{ share: 1, list: [] }, 'list must have at least 1 item; it has 0'],
  [{ share: 1, list: ['ab', 'cd', 'ef'] }, 'list must have at most 2 items; it has 3'],
  [{ share: 1, list: ['ab', 'ab'] }, 'list has the same item twice, at 0 and 1'],
  [{ share: 1, list: ['a'] }, 'list.0 must have at least 2 characters'],
  [{ share: 1, map: {} }, 'map must have at least 2 entries'],
  [{ share: 1, map: { A: 1, b: 1 } }, 'map must match pattern "^[a-z]+$"; got the name "A"'],
  [
    { share: 1, control: { mode: 'constraint' } },
    'control.mode must be one of penalty, constraints; got "constraint". Did you mean "constraints"?',
  ],
  [
    { share: 1, lists: [] },
    'there is no "lists". Did you mean "list"? There are share, kind, format, list, map, control',
  ],
])('says of %j what is wrong', (value, complaint) => {
  expect(validate(value)).toBe(false);
  expect(schemaComplaint(validate.errors, 'the config')).toBe(complaint);
});
