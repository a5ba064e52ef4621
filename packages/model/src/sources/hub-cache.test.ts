import { cp, mkdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, vi } from 'vitest';
import { useTemporaryDirectory } from '../testing/temporary.js';
import { openModelFile } from '../weights.js';
import { resolveModel } from './resolve-model.js';

const UNTIED = fileURLToPath(new URL('../../../backend-onnx/fixtures/untied/', import.meta.url));
const COMMIT = 'a'.repeat(40);
const offline = { offline: true };
const code = (expected: string) => expect.objectContaining({ code: expected });

describe('the Hugging Face cache', () => {
  const directory = useTemporaryDirectory();

  /** A repository as transformers leaves it: blobs, links to them, and what main is. */
  async function write(hub: string, names: Readonly<Record<string, string>>): Promise<string> {
    const repository = join(hub, 'models--org--name');
    const snapshot = join(repository, 'snapshots', COMMIT);
    await mkdir(join(repository, 'blobs'), { recursive: true });
    await mkdir(join(repository, 'refs'), { recursive: true });
    await writeFile(join(repository, 'refs', 'main'), COMMIT);
    for (const [index, [name, content]] of Object.entries(names).entries()) {
      const blob = join(repository, 'blobs', `${index}`);
      const pointer = join(snapshot, name);
      await mkdir(dirname(pointer), { recursive: true });
      if (content.startsWith('/')) await cp(content, blob);
      else await writeFile(blob, content);
      await symlink(join(name.includes('/') ? '../../../blobs' : '../../blobs', `${index}`), pointer);
    }
    return snapshot;
  }

  const WHOLE = {
    'config.json': join(UNTIED, 'config.json'),
    'tokenizer.json': '{}',
    'model.safetensors': join(UNTIED, 'model.safetensors'),
  };

  it.each([
    ['HF_HUB_CACHE', (path: string) => path],
    ['HF_HOME', (path: string) => join(path, 'hub')],
  ])('is found through %s', async (variable, hub) => {
    const snapshot = await write(hub(directory.path), { ...WHOLE, 'sub/a.gguf': 'GGUF' });
    vi.stubEnv('HF_HUB_CACHE', undefined);
    vi.stubEnv(variable, directory.path);
    const source = 'Hugging Face cache';
    expect(await resolveModel('org/name', offline)).toEqual({ path: snapshot, source });
    expect(await resolveModel(`org/name@${COMMIT}`, offline)).toEqual({ path: snapshot, source });
    const file = { path: join(snapshot, 'sub', 'a.gguf'), source };
    expect(await resolveModel('org/name:sub/a.gguf', offline)).toEqual(file);
    const model = await openModelFile(snapshot);
    expect(model.tensors.size).toBeGreaterThan(20);
    await model.close();
  });

  it.each(['org/other', 'org/name@dev', 'org/name:a.gguf', 'org/name:sub', `org/name@${'b'.repeat(40)}`])(
    'does not have %s',
    async (spec) => {
      await write(directory.path, { ...WHOLE, 'sub/a.gguf': 'GGUF' });
      vi.stubEnv('HF_HUB_CACHE', directory.path);
      await expect(resolveModel(spec, offline)).rejects.toThrow(code('model-not-found'));
    },
  );

  it('does not take a part of a model for all of it', async () => {
    vi.stubEnv('HF_HUB_CACHE', directory.path);
    const index = JSON.stringify({
      weight_map: { a: 'model-1-of-2.safetensors', b: 'model-2-of-2.safetensors' },
    });
    const sharded = {
      'config.json': '{}',
      'tokenizer.json': '{}',
      'model.safetensors.index.json': index,
      'model-1-of-2.safetensors': 'x',
      'model-2-of-2.safetensors': 'y',
    };
    for (const files of [WHOLE, sharded]) {
      for (const missing of Object.keys(files)) {
        await rm(join(directory.path, 'models--org--name'), { recursive: true, force: true });
        await write(
          directory.path,
          Object.fromEntries(Object.entries(files).filter(([name]) => name !== missing)),
        );
        await expect(resolveModel('org/name', offline), missing).rejects.toThrow(code('model-not-found'));
      }
      await rm(join(directory.path, 'models--org--name'), { recursive: true });
      await expect(resolveModel('org/name', offline)).rejects.toThrow(code('model-not-found'));
      await write(directory.path, files);
      await expect(resolveModel('org/name', offline)).resolves.toMatchObject({
        source: 'Hugging Face cache',
      });
    }
  });

  it.each([
    '{',
    '[]',
    '{"weight_map":null}',
    '{"weight_map":{"a":5}}',
    '{"weight_map":{"a":"gone.safetensors"}}',
  ])('does not take a model with the index %s', async (index) => {
    vi.stubEnv('HF_HUB_CACHE', directory.path);
    await write(directory.path, { ...WHOLE, 'model.safetensors.index.json': index });
    await expect(resolveModel('org/name', offline)).rejects.toThrow(code('model-not-found'));
  });

  it('is not led astray by what its refs say', async () => {
    vi.stubEnv('HF_HUB_CACHE', directory.path);
    await write(directory.path, WHOLE);
    for (const ref of ['..', '../../..', '', 'main', `../snapshots/${COMMIT}`]) {
      await writeFile(join(directory.path, 'models--org--name', 'refs', 'main'), ref);
      await expect(resolveModel('org/name', offline)).rejects.toThrow(code('model-not-found'));
    }
    await writeFile(join(directory.path, 'models--org--name', 'refs', 'main'), `${COMMIT}\n`);
    await expect(resolveModel('org/name', offline)).resolves.toMatchObject({ source: 'Hugging Face cache' });
  });
});
