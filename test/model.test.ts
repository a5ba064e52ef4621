import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
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
    },
  ]);
  const { stdout } = await workspace.run(['model', 'inspect', './untied']);
  expect(stdout).toMatch(/^parameters +26,784 in 21 tensors$/m);
});
