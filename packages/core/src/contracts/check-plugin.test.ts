import { describe, expect, test } from 'vitest';
import { createHalfspace } from '../container.js';
import { defineAttribute } from '../define-attribute.js';
import { createToyBackend } from '../testing/toy-backend.js';
import type { Attribute } from './attribute.js';
import type { Backend } from './backend.js';
import { seal } from './check-plugin.js';

const calm = defineAttribute({ name: 'calm', description: 'a test', subspaces: [] });
const backend = createToyBackend();

function create(parts: { backend?: unknown; attributes?: unknown[] }) {
  return () =>
    createHalfspace({ backend, attributes: [calm], ...parts } as {
      backend: Backend;
      attributes: Attribute[];
    });
}

describe('createHalfspace', () => {
  test('takes what was defined and an honest backend, also one that is a copy', () => {
    expect(create({})).not.toThrow();
    expect(create({ backend: { ...backend } })).not.toThrow();
  });

  test.each<[string, RegExp, object]>([
    [
      'a later attribute',
      /^The attribute "calm" was made for version 99 .* speaks version 1\. Update @halfspace\/core\.$/,
      { attributes: [seal('attribute', { ...calm, contract: 99 })] },
    ],
    [
      'an earlier attribute',
      /version 0 .* Update the package that the attribute "calm" comes from\.$/,
      { attributes: [{ ...calm, contract: 0 }] },
    ],
    [
      'a later backend',
      /^The backend of toy .* version 2 .* Update @halfspace\/core/,
      { backend: { ...backend, contract: 2 } },
    ],
  ])('refuses %s', (_, message, parts) => {
    expect(create(parts)).toThrow(expect.objectContaining({ code: 'contract-mismatch' }));
    expect(create(parts)).toThrow(message);
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
    ['no backend', 'bad-backend', /lacks contract, prefill/, { backend: null }],
  ])('refuses %s', (_, code, message, parts) => {
    expect(create(parts)).toThrow(expect.objectContaining({ code }));
    expect(create(parts)).toThrow(message);
  });
});
