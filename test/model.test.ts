import { createHash } from 'node:crypto';
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { ggufBytes, u16 } from '../packages/model/src/testing/gguf-bytes.js';
import { tinyMetadata, tinyTensors } from '../packages/model/src/testing/tiny-llama.js';
import { resultsOf } from './support/halfspace.js';
import { makeWorkspace, type Workspace } from './support/workspace.js';

let workspace: Workspace;
beforeAll(async () => {
  workspace = await makeWorkspace();
});
afterAll(async () => workspace.remove());

async function json(...words: string[]): Promise<unknown[]> {
  return resultsOf(await workspace.run([...words, '--json']));
}

it('list names the known models, here with nothing fetched', async () => {
  expect(await json('model', 'list')).toEqual([
    {
      name: 'smollm2-135m-instruct',
      kind: 'language model',
      licence: 'Apache-2.0',
      path: null,
      bytes: null,
    },
    {
      name: 'gemma-3-270m',
      kind: 'language model',
      licence: 'Gemma Terms of Use (https://ai.google.dev/gemma/terms)',
      path: null,
      bytes: null,
    },
    { name: 'all-minilm-l6-v2', kind: 'sentence encoder', licence: 'Apache-2.0', path: null, bytes: null },
  ]);
});

it('pull leaves a local model where it is', async () => {
  expect(await json('model', 'pull', './untied')).toEqual([
    { path: join(workspace.path, 'untied'), source: 'local path' },
  ]);
});

it('inspect says what a model is made of', async () => {
  const weights = await readFile(join(workspace.path, 'untied', 'model.safetensors'));
  expect(await json('model', 'inspect', './untied')).toEqual([
    {
      name: 'untied',
      path: join(workspace.path, 'untied'),
      format: 'safetensors',
      fingerprint: createHash('sha256').update(weights).digest('hex'),
      licence: null,
      architecture: {
        family: 'llama',
        layers: 2,
        width: 32,
        heads: 4,
        keyValueHeads: 4,
        feedForward: 64,
        contextLength: 64,
      },
      // Embedding and head, two blocks of attention, gated MLP and norms, the last norm.
      parameters: 2 * 96 * 32 + 2 * (4 * 32 * 32 + 3 * 32 * 64 + 2 * 32) + 32,
      tensors: 21,
      types: { F32: 21 },
      vocabulary: 96,
      chatTemplate: true,
      subspaceLayers: { from: 0, to: 2 },
      needs: {
        free: { memory: expect.any(Number) as number, disk: expect.any(Number) as number },
        arithmetics: ['f32', 'int8'].map((precision) => ({
          precision,
          disk: expect.any(Number) as number,
          memory: expect.any(Number) as number,
          // Two blocks, four heads of eight numbers, keys and values.
          keyValues: [{ tokens: 64, bytes: 64 * 2 * 4 * 8 * 2 * (precision === 'f32' ? 4 : 2) }],
          compiled: false,
          lastUsed: null,
          fitsDisk: true,
          fitsMemory: true,
          contextThatFits: 64,
        })),
        compileSeconds: expect.any(Number) as number,
      },
    },
  ]);
  const { stdout } = await workspace.run(['model', 'inspect', './untied']);
  expect(stdout).toMatch(/^parameters +26,784 in 21 tensors$/m);
  expect(stdout).toMatch(/^in f32 .*: not compiled yet; fits, with 64 tokens of context$/m);
  expect(stdout).toMatch(/^free here +[\d.]+ [MG]B of memory, [\d.]+ [MG]B of disk$/m);
});

it('inspect takes a GGUF file that is split for one model, whichever part is named', async () => {
  const { metadata, tensors } = { metadata: tinyMetadata(), tensors: tinyTensors() };
  const parts = [tensors.slice(0, 3), tensors.slice(3)].map((some, no) =>
    ggufBytes({
      metadata: { ...(no === 0 && metadata), 'split.no': u16(no), 'split.count': u16(2) },
      tensors: some,
    }),
  );
  const names = [1, 2].map((part) => join(workspace.path, `tiny-0000${part}-of-00002.gguf`));
  for (const [at, bytes] of parts.entries()) await writeFile(names[at], bytes);
  const prints = parts.map((bytes) => createHash('sha256').update(bytes).digest('hex'));
  for (const name of names)
    expect(await json('model', 'inspect', name)).toMatchObject([
      {
        name: 'tiny',
        path: names[0],
        fingerprint: createHash('sha256').update(prints.join('')).digest('hex'),
        tensors: tensors.length,
        architecture: { family: 'llama', layers: 2 },
      },
    ]);
  const words = ['he said', '--model', names[1], '--max-tokens', '2', '--precision', 'f32'];
  expect(await workspace.run(['generate', ...words])).toMatchObject({ code: 0 });
  await rm(names[1]);
  expect(await workspace.run(['model', 'inspect', names[0]])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('tiny-00002-of-00002.gguf is missing') as string,
  });
});

it('list and inspect say what is compiled, and prune removes what is old', async () => {
  const words = ['he said', '--model', './untied', '--max-tokens', '2', '--precision', 'f32'];
  expect(await workspace.run(['generate', ...words])).toMatchObject({ code: 0 });
  const compiled = async () =>
    (await json('model', 'list')).filter((line) => (line as { kind: string }).kind === 'compiled graphs');
  const all = (await compiled()) as { name: string; bytes: number; path: string }[];
  const untied = all.find(({ name }) => name === 'untied');
  expect(untied).toMatchObject({
    precision: 'f32',
    source: join(workspace.path, 'untied'),
    inUse: false,
    outdated: false,
    lastUsed: expect.stringMatching(/^\d{4}-/) as string,
  });
  // The bytes that were told before are those that are there.
  const [found] = (await json('model', 'inspect', './untied')) as {
    needs: { arithmetics: { precision: string; disk: number; compiled: boolean }[] };
  }[];
  expect(found.needs.arithmetics[0]).toMatchObject({ precision: 'f32', compiled: true });
  expect((untied?.bytes ?? 0) - found.needs.arithmetics[0].disk).toBeLessThan(1000);
  expect((await workspace.run(['model', 'list'])).stdout).toMatch(/^untied +f32 +\d+ MB +today$/m);

  expect(await workspace.run(['model', 'prune'])).toMatchObject({
    code: 0,
    stderr: 'There is nothing to remove.\n',
  });
  const going = await json('model', 'prune', '--all', '--dry-run');
  expect(going).toContainEqual(
    expect.objectContaining({ path: untied?.path, reason: 'all', outcome: 'would be removed' }),
  );
  expect(await compiled()).toHaveLength(all.length);
  const { code, stdout } = await workspace.run(['model', 'prune', '--older-than', '0d']);
  expect({ code, stdout }).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/^untied .* removed$/m) as string,
  });
  expect(await compiled()).toEqual([]);
  expect(await workspace.run(['model', 'prune', '--older-than', 'long'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('30d, 4w, 6m or 1y') as string,
  });
  expect(await workspace.run(['generate', ...words])).toMatchObject({ code: 0 });
});
