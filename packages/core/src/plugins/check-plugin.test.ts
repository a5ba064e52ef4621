import { describe, expect, test } from 'vitest';
import { type Attribute, type Backend, defineAttribute } from '@halfspace/contracts';
import { seal } from '@halfspace/contracts/internal';
import { createHalfspace } from './container.js';
import { createToyBackend } from '../testing/toy-backend.js';

const calm = defineAttribute({ name: 'calm', description: 'a test', subspaces: [] });
const backend = createToyBackend();

async function create(parts: { backend?: unknown; attributes?: unknown[] }) {
  return createHalfspace({ backend, attributes: [calm], ...parts } as {
    backend: Backend;
    attributes: Attribute[];
  });
}

describe('createHalfspace', () => {
  test('takes what was defined and an honest backend, also one that is a copy', async () => {
    await expect(create({})).resolves.toHaveProperty('backend');
    await expect(create({ backend: { ...backend } })).resolves.toHaveProperty('backend');
  });

  test.each<[string, RegExp, object]>([
    [
      'a later attribute',
      /^The attribute "calm" was made for version 99 .* speaks version 1\. Update @halfspace\/core\.$/,
      { attributes: [seal('attribute', { ...calm, specificationVersion: 99 })] },
    ],
    [
      'an earlier attribute',
      /version 0 .* Update the package that the attribute "calm" comes from\.$/,
      { attributes: [{ ...calm, specificationVersion: 0 }] },
    ],
    [
      'a later backend',
      /^The backend of toy .* version 3 .* speaks versions 1 and 2\. Update @halfspace\/core/,
      { backend: { ...backend, specificationVersion: 3 } },
    ],
    [
      'an earlier backend',
      /version 0 .* speaks versions 1 and 2\. Update the package that the backend of toy comes from\.$/,
      { backend: { ...backend, specificationVersion: 0 } },
    ],
  ])('refuses %s', async (_, message, parts) => {
    await expect(create(parts)).rejects.toThrow(expect.objectContaining({ code: 'contract-mismatch' }));
    await expect(create(parts)).rejects.toThrow(message);
  });

  test.each<[string, string, RegExp, object]>([
    [
      'a copy of an attribute',
      'bad-attribute',
      /attribute "calm" was not made by defineAttribute/,
      { attributes: [{ ...calm }] },
    ],
    ['no attribute', 'bad-attribute', /attribute undefined was not made/, { attributes: [undefined] }],
    ['the name of one', 'bad-attribute', /attribute calm was not made/, { attributes: ['calm'] }],
    ['a promise of a backend', 'bad-backend', /await it/, { backend: Promise.resolve(backend) }],
    ['half a backend', 'bad-backend', /lacks fork/, { backend: { ...backend, fork: undefined } }],
    ['no backend', 'bad-backend', /lacks specificationVersion, prefill/, { backend: null }],
  ])('refuses %s', async (_, code, message, parts) => {
    await expect(create(parts)).rejects.toThrow(expect.objectContaining({ code }));
    await expect(create(parts)).rejects.toThrow(message);
  });
});

describe('every field that a backend must have', () => {
  const { model, tokenizer } = backend;
  const methods = ['prefill', 'next', 'lookAhead', 'logProbs', 'states', 'fork', 'release', 'dispose'];
  const infos = ['name', 'fingerprint', 'layers', 'width', 'contextLength'];
  const texts = ['vocabularySize', 'endTokens', 'encode', 'decode', 'bytes', 'renderChat'];
  const cases: [string, object][] = [
    ...['specificationVersion', 'exact', 'model', 'tokenizer', ...methods].map((field): [string, object] => [
      field,
      { ...backend, [field]: undefined },
    ]),
    ...infos.map((field): [string, object] => [
      `model.${field}`,
      { ...backend, model: { ...model, [field]: undefined } },
    ]),
    ...texts.map((field): [string, object] => [
      `tokenizer.${field}`,
      { ...backend, tokenizer: { ...tokenizer, [field]: undefined } },
    ]),
  ];
  test.each(cases)('is missed: %s', async (field, wrong) => {
    await expect(create({ backend: wrong })).rejects.toThrow(
      expect.objectContaining({ code: 'bad-backend' }),
    );
    await expect(create({ backend: wrong })).rejects.toThrow(`It lacks ${field}.`);
  });

  test.each<[string, object]>([
    ['Its states is a list and not a function', { ...backend, states: [] }],
    [
      'its model.width is 1.5 and not a whole number above 0',
      { ...backend, model: { ...model, width: 1.5 } },
    ],
    [
      'its tokenizer.encodeChat is no and not a function',
      { ...backend, tokenizer: { ...tokenizer, encodeChat: 'no' } },
    ],
    ['its model.cut is -1 and not a layer', { ...backend, model: { ...model, cut: -1 } }],
    [
      'its model.rowCost is NaN and not a share of at least 0',
      { ...backend, model: { ...model, rowCost: NaN } },
    ],
    [
      'its model.rowsPerCall is 0 and not a number of rows',
      { ...backend, model: { ...model, rowsPerCall: 0 } },
    ],
    [
      'its tokenizer.endTokens is a list and not a set',
      { ...backend, tokenizer: { ...tokenizer, endTokens: [] } },
    ],
    [
      'It lacks next; its model.name is  and not a text',
      { ...backend, next: undefined, model: { ...model, name: '' } },
    ],
    [
      'It cannot be looked at: mine.',
      {
        ...backend,
        get states(): never {
          throw new Error('mine');
        },
      },
    ],
  ])('is looked at: %s', async (message, wrong) => {
    // A spread would read what must not be read.
    const parts = { backend: wrong, attributes: [] } as unknown as Parameters<typeof createHalfspace>[0];
    await expect(createHalfspace(parts)).rejects.toThrow(new RegExp(message.replace(/[.]/g, '\\.'), 'i'));
  });

  test('may be inherited, as the methods of a class are', async () => {
    await expect(create({ backend: Object.create(backend) as unknown })).resolves.toHaveProperty('backend');
  });
});
