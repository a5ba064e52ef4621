import { join } from 'node:path';
import type { LinearAttribute } from '@halfspace/core';
import { expect, it, vi } from 'vitest';
import { knownAttributes } from './known-attributes.js';
import { loadAttributes } from './load-attributes.js';
import type { AttributeChoice } from '../options/attribute.js';
import { attributeSource } from '../testing/attribute-source.js';
import { directoryWith } from '../testing/directory-with.js';

const choice = (source: string, weight?: number) => ({ source, ...(weight !== undefined && { weight }) });

/** Loads as a command would that runs in a directory. */
async function loadFrom(directory: string, ...choices: readonly AttributeChoice[]) {
  const cwd = vi.spyOn(process, 'cwd').mockReturnValue(directory);
  return loadAttributes(choices, 1).finally(() => cwd.mockRestore());
}

const FILES = {
  'halfspace.config.json': JSON.stringify({
    attributes: ['./calm.mjs', 'kindness', './future.mjs', './again.mjs', './throws.mjs'],
  }),
  'calm.mjs': `export default ${attributeSource('calm')}`,
  'again.mjs': `export default ${attributeSource('calm')}`,
  'future.mjs': 'export default { specificationVersion: 99, name: "tomorrow" };',
  'throws.mjs': 'throw new Error("boom");',
  'node_modules/kindness/package.json': '{"name": "kindness", "exports": "./main.mjs"}',
  'node_modules/kindness/main.mjs': `export default ${attributeSource('kind')}`,
};

it('finds by name what is installed and what the config adds, and by path what is neither', async () => {
  const directory = await directoryWith({
    ...FILES,
    'other.mjs': `export default ${attributeSource('other')}`,
  });
  const path = join(directory, 'other.mjs');
  const loaded = await loadFrom(
    directory,
    choice('nontoxic', 2),
    choice('calm'),
    choice('kind', 0),
    choice(path),
  );
  expect(loaded.map(({ attribute, weight }) => [attribute.name, weight])).toEqual([
    ['nontoxic', 2],
    ['calm', 1],
    ['kind', 0],
    ['other', 1],
  ]);
});

it('says of an unknown name which there are, and why those at fault are not', async () => {
  const directory = await directoryWith(FILES);
  const loading = loadFrom(directory, choice('tomorrow'));
  await expect(loading).rejects.toThrow(expect.objectContaining({ code: 'unknown-attribute' }));
  await expect(loading).rejects.toThrow(
    /no attribute "tomorrow"\. Installed: .*nontoxic.*halfspace\.config\.json adds: calm, kind\..*version 99.*second .*"calm".*boom/,
  );
});

it('says which attribute was meant', async () => {
  const directory = await directoryWith(FILES);
  await expect(loadFrom(directory, choice('nontxic'))).rejects.toThrow(
    'There is no attribute "nontxic". Did you mean "nontoxic"? Installed:',
  );
  await expect(loadFrom(directory, choice('clam'))).rejects.toThrow(/^There is no attribute "clam"\. Inst/);
});

it('lets the config take the place of an installed attribute', async () => {
  const directory = await directoryWith({
    'halfspace.config.json': '{"attributes": ["./mine.mjs"]}',
    'mine.mjs': `export default ${attributeSource('nontoxic')}`,
  });
  const [{ attribute }] = await loadFrom(directory, choice('nontoxic'));
  expect(attribute.description).toBe('text');
});

it('keeps what an installed attribute has for other models, and how it reads labels', async () => {
  const subspace = `{ model: 'f00d', layers: [1], direction: Float32Array.of(1), offset: 0, calibration: { slope: 1, intercept: 0 } }`;
  const directory = await directoryWith({
    'halfspace.config.json': '\uFEFF{"attributes": ["./mine.mjs"]}',
    'mine.mjs': `export default ${attributeSource('nontoxic', 'mine', `[${subspace}]`)};`,
  });
  const cwd = vi.spyOn(process, 'cwd').mockReturnValue(directory);
  const { byName, faults } = await knownAttributes().finally(() => cwd.mockRestore());
  expect(faults).toEqual([]);
  const { attribute, labelOf } = byName.get('nontoxic') ?? {};
  expect(attribute).toMatchObject({ description: 'mine' });
  const models = (attribute as LinearAttribute).subspaces.map(({ model }) => model);
  expect([models[0], new Set(models).size, models.length]).toEqual(['f00d', 2, 3]);
  expect(labelOf?.({ toxicity: 0.9 })).toBe(0);
  // Taking its place for a model is for all layers.
  const { attribute: installed } = byName.get('helpful') ?? {};
  expect((installed as LinearAttribute).subspaces).toHaveLength(2);
});

it('refuses two of one name', async () => {
  const directory = await directoryWith(FILES);
  await expect(loadFrom(directory, choice('calm'), choice(join(directory, 'calm.mjs')))).rejects.toThrow(
    expect.objectContaining({ code: 'bad-attribute' }),
  );
});

it('knows how to read the data of every attribute that comes with the command', async () => {
  const cwd = vi.spyOn(process, 'cwd').mockReturnValue(await directoryWith({}));
  const { byName, faults } = await knownAttributes().finally(() => cwd.mockRestore());
  expect(faults).toEqual([]);
  expect([...byName].map(([name, { labelOf }]) => [name, typeof labelOf])).toEqual(
    [...byName.keys()].map((name) => [name, 'function']),
  );
  expect(byName.size).toBeGreaterThan(0);
});
