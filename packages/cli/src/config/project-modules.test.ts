import { join } from 'node:path';
import { ATTRIBUTE } from '@halfspace/core';
import { describe, expect, it, vi } from 'vitest';
import { addedNames } from './added-names.js';
import { projectModules, projectRegistry } from './project-modules.js';
import { knownAttributes } from '../attributes/known-attributes.js';
import { attributeSource } from '../testing/attribute-source.js';
import { directoryWith } from '../testing/directory-with.js';

const CORE = import.meta.resolve('@halfspace/core');
/** Source of a module that binds an attribute of its name. */
const source = (name: string, bind = 'register(ATTRIBUTE, attribute)') =>
  `import { ATTRIBUTE, definePluginModule } from '${CORE}';
   const attribute = ${attributeSource(name)};
   export default definePluginModule({ name: '${name}', bind(register) { ${bind}; } });`;

/** Does something as a command would that runs in a directory with these files. */
async function inside<T>(files: Readonly<Record<string, string>>, work: () => Promise<T>): Promise<T> {
  const cwd = vi.spyOn(process, 'cwd').mockReturnValue(await directoryWith(files));
  return work().finally(() => cwd.mockRestore());
}
const names = async () => (await projectRegistry()).names(ATTRIBUTE);
const config = (...modules: readonly unknown[]) => ({ 'halfspace.config.json': JSON.stringify({ modules }) });

describe('the modules of a config', () => {
  it('are found by paths, directories and packages, as seen from the file', async () => {
    const files = {
      ...config('./calm.mjs', './kind', 'brave', './typed.ts'),
      'calm.mjs': source('calm'),
      'kind/package.json': '{"name": "kind", "exports": "./lib.mjs"}',
      'kind/lib.mjs': source('kind'),
      'node_modules/brave/package.json': '{"name": "brave", "exports": "./lib.mjs"}',
      'node_modules/brave/lib.mjs': source('brave'),
      'typed.ts': `const typed: string = 'x';\n${source('typed')}`,
    };
    expect(await inside(files, names)).toEqual(['calm', 'kind', 'brave', 'typed']);
  });

  it('may be objects of a config that is code', async () => {
    const files = {
      'calm.mjs': source('calm'),
      'halfspace.config.ts': `import calm from './calm.mjs'; export default { modules: [calm] } as object;`,
    };
    expect(await inside(files, names)).toEqual(['calm']);
  });

  it('are run once', async () => {
    const files = { ...config('./calm.ts'), 'calm.ts': source('calm') };
    const [first, second] = await inside(files, async () => [await projectModules(), await projectModules()]);
    expect(first[0]).toBe(second[0]);
  });

  it('are none where there is no config, or it names none', async () => {
    expect(await inside({}, projectModules)).toEqual([]);
    expect(await inside({ 'halfspace.config.json': '{}' }, projectModules)).toEqual([]);
  });

  it('add attributes that are found by their names, in the place of installed ones', async () => {
    const files = {
      ...config('./calm.mjs', './nontoxic.mjs'),
      'calm.mjs': source('calm'),
      'nontoxic.mjs': source('nontoxic'),
    };
    const { byName, faults, summary } = await inside(files, knownAttributes);
    expect(faults).toEqual([]);
    expect(summary).toMatch(/halfspace\.config\.json adds: calm, nontoxic\./);
    expect(byName.get('calm')?.attribute.name).toBe('calm');
    // How labels of its data are read stays that of the installed one.
    expect(byName.get('nontoxic')?.attribute.description).toBe('text');
    expect(byName.get('nontoxic')?.labelOf).toBeTypeOf('function');
  });

  it.each<[string, string, RegExp, unknown, string]>([
    ['nothing', 'module-not-found', /nothing at .*none\.mjs/, './none.mjs', ''],
    ['no package', 'module-not-found', /no package "none".*halfspace\.config\.json/, 'none', ''],
    [
      'what throws',
      'plugin-failed',
      /odd\.mjs cannot be imported: boom\.$/,
      './odd.mjs',
      'throw new Error("boom");',
    ],
    ['no module', 'bad-module', /odd\.mjs exports no module\./, './odd.mjs', 'export default {};'],
    [
      'a copy',
      'bad-module',
      /"odd" was not made by definePluginModule/,
      './odd.mjs',
      `export default { specificationVersion: 1, name: 'odd', bind() {} };`,
    ],
    [
      'a later version',
      'contract-mismatch',
      /"odd" .* version 9/,
      './odd.mjs',
      `export default { specificationVersion: 9, name: 'odd', bind() {} };`,
    ],
    [
      'what fails to bind',
      'plugin-failed',
      /"odd" failed: boom\.$/,
      './odd.mjs',
      source('odd', 'throw new Error("boom")'),
    ],
    ['a number', 'bad-config', /modules\.0 must be/, 5, ''],
    ['an object in JSON', 'bad-module', /was not made by definePluginModule/, { name: 'odd' }, ''],
  ])('that are %s are refused', async (_, code, message, module, content) => {
    await expect(inside({ ...config(module), 'odd.mjs': content }, names)).rejects.toThrow(
      expect.objectContaining({ code, message: expect.stringMatching(message) }),
    );
  });
});

describe('help', () => {
  const files = { ...config('./calm.mjs'), 'calm.mjs': source('calm') };

  it.each([[['--help']], [['evaluate', '-h']], [['help', 'evaluate']], [[]]])(
    'of %j has what modules add',
    async (words) => {
      expect(await inside(files, async () => addedNames(words))).toBe(
        'The modules of halfspace.config.json add: attribute calm.',
      );
    },
  );

  it('that is not asked for, or without modules, has nothing', async () => {
    expect(await inside(files, async () => addedNames(['generate', 'hi']))).toBe('');
    expect(await inside({}, async () => addedNames(['--help']))).toBe('');
    expect(await inside({ 'halfspace.config.json': '{}' }, async () => addedNames(['--help']))).toBe('');
  });

  it('is given all the same where they cannot be used, and says so', async () => {
    const broken = { ...config('./calm.mjs'), 'calm.mjs': 'throw new Error("boom");' };
    expect(await inside(broken, async () => addedNames(['--help']))).toMatch(
      /cannot be used: .*calm\.mjs.*boom/,
    );
  });

  it('finds a config above, as every command does', async () => {
    const root = await directoryWith({ ...files, 'package.json': '{}', 'a/b.txt': '' });
    const cwd = vi.spyOn(process, 'cwd').mockReturnValue(join(root, 'a'));
    expect(await addedNames(['--help']).finally(() => cwd.mockRestore())).toMatch(/attribute calm/);
  });
});
