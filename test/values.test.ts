import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { readSubspace, writeValue } from '@halfspace/subspace';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { startFakeHub } from '../packages/model/src/testing/fake-hub.js';
import { jsonLines } from './support/halfspace.js';
import { fitEarly, makeWorkspace, SMALL, type Workspace } from './support/workspace.js';

let workspace: Workspace;
let fingerprint: string;
beforeAll(async () => {
  workspace = await makeWorkspace();
  await fitEarly(workspace);
  const artifact = await readSubspace(join(workspace.path, 'early.json'));
  ({ fingerprint } = artifact.model);
  await writeValue(join(workspace.path, 'data/values', fingerprint), {
    artifacts: { '': artifact },
    files: { 'README.md': '# early\n' },
  });
});
afterAll(async () => workspace.remove());

const values = async (words: string, env: Record<string, string> = {}, data = 'data') =>
  workspace.run(['values', ...words.split(' ')], {
    env: { HALFSPACE_DATA: join(workspace.path, data), ...env },
  });

it('values are listed, packed, checked, published and pulled by name, and work there', async () => {
  expect(jsonLines((await values('list --json')).stdout).flat()).toMatchObject([
    { value: 'early', fingerprint, subspaces: 1 },
  ]);
  const pack = `pack ${fingerprint.slice(0, 8)} --output packed --base-model org/small --licence apache-2.0`;
  expect(await values(pack)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining('hf upload ORG/NAME packed'),
  });
  expect(await values(pack)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('directory-not-empty'),
  });
  expect(await values('verify packed')).toMatchObject({
    code: 0,
    stdout: expect.stringMatching(/is what it says: early of/),
  });

  const packed = join(workspace.path, 'packed');
  const paths = (await readdir(packed, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(packed.length + 1));
  const files = new Map(
    await Promise.all(paths.map(async (path) => [path, await readFile(join(packed, path))] as const)),
  );
  const hub = await startFakeHub('org/values', files, ['main', 'v1']);
  const env = { HF_ENDPOINT: hub.url, HF_HUB_CACHE: join(workspace.path, 'hub'), HF_TOKEN: '' };
  try {
    const pull = async (options = '') => values(`pull org/values@v1${options}`, env, 'other');
    // What is not what it says is put nowhere: a stray file that is code, and other bytes than the manifest has.
    const { listing } = hub;
    hub.listing = [...listing, { type: 'file', path: 'early/index.js', size: 1, oid: 'a'.repeat(40) }];
    expect(await pull()).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/bad-values.*"early\/index.js" is there/),
    });
    hub.listing = listing;
    hub.faults.set('early/subspace.json', 'other');
    expect(await pull()).toMatchObject({ code: 1, stderr: expect.stringContaining('checksum-mismatch') });
    expect(await readdir(workspace.path)).not.toContain('other');
    hub.faults.clear();

    expect(await pull()).toMatchObject({ code: 0, stdout: expect.stringContaining('early of') });
    const place = join(workspace.path, 'other/values', fingerprint, 'early');
    expect((await readdir(place)).sort()).toEqual(['README.md', 'origin.json', 'subspace.json']);
    expect(await pull()).toMatchObject({ code: 1, stderr: expect.stringContaining('--replace') });
    expect(await pull(' --replace')).toMatchObject({ code: 0 });
  } finally {
    await hub.close();
  }
  const words = ['generate', 'hi', '--attribute', 'early=2', '--max-tokens', '4', '--json', ...SMALL];
  const run = await workspace.run(words, { env: { HALFSPACE_DATA: join(workspace.path, 'other') } });
  expect(run).toMatchObject({ code: 0, stdout: expect.stringContaining('"early"') });
});

it('a direction goes out as a control vector and comes back as the same direction', async () => {
  await mkdir(join(workspace.path, 'out'));
  const early = JSON.parse(await workspace.read('early.json')) as { layers: number[] };
  // llama.cpp has no direction for the first block.
  expect(await values('export early.json --output out/early.gguf --model-hint llama')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('reads layer 1'),
  });
  await workspace.write('later.json', JSON.stringify({ ...early, layers: [2], layerScores: undefined }));
  for (const kind of ['gguf', 'safetensors']) {
    const exported = await values(`export later.json --output out/later.${kind} --model-hint llama`);
    expect(exported).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('direction.1'),
      stderr: expect.stringContaining('Lost:'),
    });
  }
  const imported = `import out/later.gguf --attribute early --data rows.jsonl --output out/back.json --force ${SMALL.join(' ')}`;
  expect(await values(`${imported} --layer 3`)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('of the layers 2'),
  });
  const run = await values(imported);
  // At another layer than it was fitted at it may say nothing, or the opposite.
  if (run.code !== 0) return expect(run.stderr).toContain('not-above-chance');
  const [there, back] = await Promise.all(
    ['later.json', 'out/back.json'].map(async (file) => readSubspace(join(workspace.path, file))),
  );
  const [one, other] = [there, back].map(
    ({ direction }) => new Float32Array(Uint8Array.from(Buffer.from(direction, 'base64')).buffer),
  );
  one.forEach((value, i) => expect(other[i]).toBeCloseTo(value, 5));
});
