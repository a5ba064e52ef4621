import { copyFile, mkdir, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { defineAttribute } from '@halfspace/core';
import { createOnnxBackend } from '@halfspace/backend-onnx';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { fitEarly, makeWorkspace, SMALL, type Workspace } from './support/workspace.js';

const generate = ['generate', 'abc', '--attribute', 'early=2', '--max-tokens', '4', ...SMALL];
let workspace: Workspace;
let fingerprint: string;

async function keep(name: string): Promise<void> {
  const place = join(workspace.path, 'data/values', fingerprint, name, 'subspace.json');
  await mkdir(dirname(place), { recursive: true });
  await copyFile(join(workspace.path, 'early.json'), place);
}

beforeAll(async () => {
  workspace = await makeWorkspace();
  await fitEarly(workspace);
  ({
    model: { fingerprint },
  } = JSON.parse(await workspace.read('early.json')) as { model: { fingerprint: string } });
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await workspace.remove();
});

it('a value that is not there for a model is refused with the command that makes it', async () => {
  const words = ['generate', 'abc', '--attribute', 'nontoxic=2', ...SMALL];
  expect(await workspace.run(words)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      /subspace-of-another-model.*Run: npx halfspace fit --model \.\/untied --attribute nontoxic --data ROWS --output nontoxic\.json\n$/,
    ) as string,
  });
});

it('a value that was made for a model is found by its name, by commands and by programs', async () => {
  expect(await workspace.run(generate)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('unknown-attribute') as string,
  });
  await keep('early');
  expect(await workspace.run(generate)).toMatchObject({ code: 0 });
  vi.stubEnv('HALFSPACE_DATA', join(workspace.path, 'data'));
  vi.stubEnv('HALFSPACE_CACHE', join(workspace.path, 'cache'));
  const settings = { model: join(workspace.path, 'untied'), precision: 'f32', threads: 1 } as const;
  const early = defineAttribute({ name: 'early', description: 'early letters', subspaces: [] });
  const { createHalfspace } = await import('@halfspace/core');
  for (const ownValues of [true, false]) {
    await using backend = await createOnnxBackend({ ...settings, ownValues });
    const halfspace = await createHalfspace({ backend, attributes: [early] });
    const score = halfspace.score({ response: 'abc', measure: ['early'] });
    if (ownValues) expect(JSON.stringify(await score)).toContain('"early"');
    else await expect(score).rejects.toThrow(/has no subspace/);
  }
});

it('a folder that holds what does not belong there is reported', async () => {
  await keep('other');
  const { code, stderr } = await workspace.run(generate);
  expect(code).toBe(1);
  expect(stderr).toMatch(/bad-subspace.*does not belong there/);
  expect(await readFile(join(workspace.path, 'early.json'), 'utf8')).toContain('"early"');
});
