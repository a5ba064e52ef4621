import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createRegistry, definePluginModule, type Registry } from '@halfspace/core';
import { describe, expect, it } from 'vitest';
import type { Family } from './compile/architecture.js';
import type { TensorSpec } from './compile/tensor-spec.js';
import { compileModel } from './compile/compile.js';
import { describeArchitecture } from './compile/families.js';
import { MODEL_FAMILY, MODEL_SOURCE } from './extension-points.js';
import { modelModule, modelRegistry } from './model-module.js';
import { listModels } from './sources/list-models.js';
import { resolveModel } from './sources/resolve-model.js';
import type { Source } from './sources/source.js';
import { useTemporaryDirectory } from './testing/temporary.js';
import { tinyJson, writeTinyDirectory } from './testing/tiny-llama.js';
import { openModelFile } from './weights.js';

const directory = useTemporaryDirectory();
const refused = (code: string, message: RegExp) =>
  expect.objectContaining({ code, message: expect.stringMatching(message) });

const withSource = async (source: Source): Promise<Registry> =>
  createRegistry([
    definePluginModule({ name: 'mine', bind: (register) => register(MODEL_SOURCE, source) }),
    modelModule,
  ]);
const withFamily = async (family: Family): Promise<Registry> =>
  createRegistry([
    definePluginModule({ name: 'mine', bind: (register) => register(MODEL_FAMILY, family) }),
    modelModule,
  ]);

describe('a source of a module', () => {
  const shelf: Source = {
    name: 'shelf',
    find: async (spec) => Promise.resolve(spec === 'novel' ? '/shelf/novel.gguf' : undefined),
    list: async () => Promise.resolve([{ name: 'novel', path: '/shelf/novel.gguf', bytes: 5 }]),
  };

  it('finds models by its names, before those that come with the package', async () => {
    const registry = await withSource(shelf);
    expect(await resolveModel('novel', { registry })).toEqual({ path: '/shelf/novel.gguf', source: 'shelf' });
    await mkdir(join(directory.path, 'other'));
    const path = join(directory.path, 'other');
    expect(await resolveModel(path, { registry })).toEqual({ path, source: 'local path' });
    expect(
      await resolveModel(path, {
        registry: await withSource({ ...shelf, find: async () => Promise.resolve('/mine') }),
      }),
    ).toEqual({
      path: '/mine',
      source: 'shelf',
    });
  });

  it('is told of where a model is not found, with the names it knows', async () => {
    await expect(resolveModel('novl', { registry: await withSource(shelf), offline: true })).rejects.toThrow(
      refused(
        'model-not-found',
        /"novl"\. Did you mean "novel"\? Looked at: shelf, local path, .*Known by name: novel, smoll/,
      ),
    );
  });

  it('has its models in lists, what it does not say being null', async () => {
    const [mine, ...others] = await listModels(await withSource(shelf));
    expect(mine).toEqual({
      name: 'novel',
      kind: 'language model',
      licence: null,
      path: '/shelf/novel.gguf',
      bytes: 5,
    });
    expect(others).toEqual(await listModels());
    expect(Object.keys(mine)).toEqual(Object.keys(others[0]));
  });

  it.each<[string, RegExp, () => unknown]>([
    [
      'throws',
      /^The model source "shelf" failed: no shelf\.$/,
      () => {
        throw new Error('no shelf');
      },
    ],
    [
      'is rejected',
      /^The model source "shelf" failed: late\.$/,
      async () => Promise.reject(new Error('late')),
    ],
    ['gives no path', /"shelf" gave no path of "novel"/, () => ({ path: 'x' })],
  ])('that %s is named', async (_, message, find) => {
    const registry = await withSource({ ...shelf, find: find as Source['find'] });
    await expect(resolveModel('novel', { registry })).rejects.toThrow(refused('plugin-failed', message));
  });

  it('whose list is faulty is named by lists, and harms no message', async () => {
    const registry = await withSource({ ...shelf, list: async () => Promise.reject(new Error('no shelf')) });
    await expect(listModels(registry)).rejects.toThrow(refused('plugin-failed', /"shelf" failed: no shelf/));
    await expect(resolveModel('none', { registry, offline: true })).rejects.toThrow(
      refused('model-not-found', /"none"/),
    );
    const none = await withSource({ ...shelf, list: async () => Promise.resolve([{}] as never) });
    await expect(listModels(none)).rejects.toThrow(refused('bad-module', /"shelf" has a text "name"/));
  });
});

describe('a family of a module', async () => {
  /** A model that is a llama by another name. */
  async function open() {
    const json = tinyJson();
    Object.assign(json.config, { model_type: 'alpaca' });
    await writeTinyDirectory(join(directory.path, 'alpaca'), json);
    return openModelFile(join(directory.path, 'alpaca'));
  }
  const llama = (await modelRegistry()).get(MODEL_FAMILY, 'llama');
  const alpaca: Family = { name: 'alpaca', describe: async (model) => llama.describe(model) };

  it('is compiled as it describes models', async () => {
    const model = await open();
    await expect(describeArchitecture(model)).rejects.toThrow(
      refused('unsupported-model', /family 'alpaca'\. Halfspace compiles: llama, mistral, .*granitemoe\./),
    );
    const cache = join(directory.path, 'cache');
    const compiled = await compileModel(model, {
      precision: 'f32',
      cache,
      registry: await withFamily(alpaca),
    });
    expect(compiled.architecture).toMatchObject({ layers: 2, width: 32 });
    await model.close();
  });

  it('is compiled anew where it names other weights of a block', async () => {
    const model = await open();
    const swapped: Family = {
      name: 'alpaca',
      async describe(file) {
        const found = await llama.describe(file);
        const roles = { 'gate.weight': 'up.weight', 'up.weight': 'gate.weight' } as const;
        const swap = (spec: TensorSpec): TensorSpec =>
          spec.role in roles ? { ...spec, role: roles[spec.role as keyof typeof roles] } : spec;
        const blocks = found.weights.blocks.map((block) => block.map(swap));
        return { ...found, weights: { ...found.weights, blocks } };
      },
    };
    const options = { precision: 'f32', cache: join(directory.path, 'cache') } as const;
    const first = await compileModel(model, { ...options, registry: await withFamily(alpaca) });
    const second = await compileModel(model, { ...options, registry: await withFamily(swapped) });
    expect(second.lower).not.toBe(first.lower);
    await model.close();
  });

  it('that throws, or describes nothing, is named', async () => {
    const model = await open();
    const failing = await withFamily({
      name: 'alpaca',
      describe: () => {
        throw new Error('no idea');
      },
    });
    await expect(describeArchitecture(model, failing)).rejects.toThrow(
      refused('plugin-failed', /^The model family "alpaca" failed: no idea\.$/),
    );
    const empty = await withFamily({
      name: 'alpaca',
      describe: async () => Promise.resolve(undefined as never),
    });
    await expect(describeArchitecture(model, empty)).rejects.toThrow(
      refused('plugin-failed', /"alpaca" failed/),
    );
    await model.close();
  });

  it('cannot take the name of one that comes with the package', async () => {
    await expect(withFamily({ ...alpaca, name: 'llama' })).rejects.toThrow(
      refused('bad-module', /"@halfspace\/model".* model family "llama".*module "mine"/),
    );
  });
});
