import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { attributeAtPath, attributeOfPackage } from './attribute-module.js';
import { attributeSource as attribute } from '../testing/attribute-source.js';
import { directoryWith } from '../testing/directory-with.js';

const FILES = {
  'default.mjs': `export const other = ${attribute('other')}; export default ${attribute('calm')};`,
  'alone.mjs': `const calm = ${attribute('calm')}; export { calm, calm as same }; export const size = 3;`,
  'typed.ts': `type Name = string; export default ${attribute('calm')} as { name: Name };`,
  'recipe.mjs': `export default ${attribute('calm')}; export const labelOf = ({ anger }) => (anger > 3 ? 0 : 1);`,
  'none.mjs': 'export default { name: "calm" }; export const nothing = null;',
  'several.mjs': `export const a = ${attribute('a')}; export const b = ${attribute('b')};`,
  'future.mjs': `export default { specificationVersion: 99, name: 'calm' };`,
  'copy.mjs': `export default { ...${attribute('calm')} };`,
  'throws.mjs': 'throw new Error("no network\\nand more");',
  'refuses.mjs': `throw Object.assign(new Error('bad'), { name: 'HalfspaceError', code: 'bad-attribute' });`,
  'broken.mjs': 'export default {',
  'no-json.json': 'no',
  'other.json': '{"format": "other"}',
  'modern/package.json': '{"name": "modern", "type": "module", "exports": {"import": "./lib/main.js"}}',
  'modern/lib/main.js': `export default ${attribute('modern')};`,
  'classic/package.json': '{"main": "main.mjs"}',
  'classic/main.mjs': `export const classic = ${attribute('classic')};`,
  'empty/package.json': '{"name": "empty"}',
  'closed/package.json': '{"name": "closed", "exports": {"./other": "./other.js"}}',
  'folder/readme.md': '',
  'node_modules/dependency/package.json': '{"name": "dependency", "exports": "./main.mjs"}',
  'node_modules/dependency/main.mjs': `export default ${attribute('dependency')};`,
};

const at = async (name: string) => join(await directoryWith(FILES), name);

describe('an attribute is found', () => {
  it.each([
    ['the default export', 'default.mjs', 'calm'],
    ['the only attribute exported', 'alone.mjs', 'calm'],
    ['an export of TypeScript', 'typed.ts', 'calm'],
    ['the main export of a package', 'modern', 'modern'],
    ['the main module of an older package', 'classic', 'classic'],
  ])('as %s', async (_, path, name) => {
    const found = await attributeAtPath(await at(path));
    expect(found.attribute.name).toBe(name);
    expect(found.labelOf).toBeUndefined();
  });

  it('with its label recipe', async () => {
    const { labelOf } = await attributeAtPath(await at('recipe.mjs'));
    expect([labelOf?.({ anger: 5 }), labelOf?.({ anger: 1 })]).toEqual([0, 1]);
  });

  it('in an installed package', async () => {
    const found = await attributeOfPackage('dependency', pathToFileURL(await at('config.js')));
    expect(found.attribute.name).toBe('dependency');
  });
});

it.each([
  ['nothing', 'nothing', 'attribute-not-found', /nothing/],
  ['a directory that is no package', 'folder', 'attribute-not-found', /package\.json/],
  ['a package without a main module', 'empty', 'attribute-not-found', /"exports"/],
  ['a package that exports something else only', 'closed', 'attribute-not-found', /closed/],
  ['a module that exports no attribute', 'none.mjs', 'no-attribute', /exports no attribute/],
  ['a module that exports several', 'several.mjs', 'no-attribute', /\(a, b\)/],
  ['a plugin for another contract', 'future.mjs', 'contract-mismatch', /future\.mjs .*"calm" .*version 99/],
  ['a copy of an attribute', 'copy.mjs', 'bad-attribute', /copy\.mjs .*defineAttribute/],
  ['a module that throws', 'throws.mjs', 'plugin-failed', /imported: no network\.$/],
  ['a module that refuses itself', 'refuses.mjs', 'bad-attribute', /refuses\.mjs/],
  ['a module that is no JavaScript', 'broken.mjs', 'plugin-failed', /broken\.mjs/],
  ['JSON that is none', 'no-json.json', 'bad-subspace', /no-json\.json/],
  ['JSON that is no subspace', 'other.json', 'bad-subspace', /other\.json/],
  ['a subspace that is not there', 'nothing.json', 'subspace-not-found', /nothing\.json/],
])('refuses %s', async (_, path, code, message) => {
  await expect(attributeAtPath(await at(path))).rejects.toThrow(
    expect.objectContaining({ name: 'HalfspaceError', code, message: expect.stringMatching(message) }),
  );
});

it('refuses a package that is not installed, and says from where it looked', async () => {
  const from = pathToFileURL(await at('config.js'));
  await expect(attributeOfPackage('halfspace-attribute-none', from)).rejects.toThrow(
    expect.objectContaining({
      code: 'attribute-not-found',
      message: expect.stringMatching(/"halfspace-attribute-none".*config\.js/),
    }),
  );
});
