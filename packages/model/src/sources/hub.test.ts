import { createHash, randomBytes } from 'node:crypto';
import { lstat, mkdir, readFile, readdir, readlink, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startFakeHub, type FakeHub } from '../testing/fake-hub.js';
import { useTemporaryDirectory } from '../testing/temporary.js';
import { openModelFile } from '../weights.js';
import { fetchDatasetFile } from './hub.js';
import { resolveModel } from './resolve-model.js';
import type { SourceProgress } from './source.js';

const UNTIED = fileURLToPath(new URL('../../../backend-onnx/fixtures/untied/', import.meta.url));
const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const code = (expected: string) => expect.objectContaining({ code: expected });

const directory = useTemporaryDirectory();
let files: Map<string, Buffer>;
let hub: FakeHub;
let cache: string;

beforeEach(async () => {
  files = new Map([
    ['README.md', Buffer.from('read me')],
    ['config.json', await readFile(join(UNTIED, 'config.json'))],
    ['model.safetensors', await readFile(join(UNTIED, 'model.safetensors'))],
    ['tokenizer.json', Buffer.from('{}')],
    ['tokenizer_config.json', Buffer.from('{ }')],
    ['other.safetensors', Buffer.from('other')],
    ['quantised/small.gguf', randomBytes(50_000)],
    ['quantised/large.gguf', randomBytes(400_000)],
    ['split/big-00001-of-00002.gguf', randomBytes(100)],
    ['split/big-00002-of-00002.gguf', randomBytes(200)],
    ['split/other-00001-of-00002.gguf', randomBytes(100)],
  ]);
  hub = await startFakeHub('org/name', files, ['main', 'v1']);
  cache = join(directory.path, 'hub');
  vi.stubEnv('HF_ENDPOINT', `${hub.url}/`);
  vi.stubEnv('HF_HUB_CACHE', cache);
  vi.stubEnv('HF_TOKEN', '');
});

afterEach(async () => hub.close());

/** Paths of all files in the cache, links included. */
async function cached(): Promise<string[]> {
  const entries = await readdir(cache, { recursive: true, withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => relative(cache, join(entry.parentPath, entry.name)))
    .sort();
}

const stray = async () => (await cached()).filter((path) => /incomplete|partial/.test(path));
const snapshot = `models--org--name/snapshots/${COMMIT}`;

describe('a model on the hub', () => {
  it('that sends more than it lists is given up after what it lists', async () => {
    const large = Buffer.alloc(2 ** 26);
    files.set('large.gguf', large);
    hub.faults.set('large.gguf', 'hang');
    const digest = createHash('sha256').update(large).digest('hex');
    hub.listing.push({
      type: 'file',
      path: 'large.gguf',
      size: 10,
      oid: digest,
      lfs: { oid: digest, size: 10 },
    });
    let arrived = 0;
    const refused = resolveModel('org/name:large.gguf', { onProgress: ({ done }) => (arrived = done) });
    await expect(refused).rejects.toThrow(/goes on after the 10 bytes/);
    await expect(refused).rejects.toThrow(code('checksum-mismatch'));
    expect(arrived).toBe(0);
    await vi.waitFor(() => expect(hub.abandoned).toEqual(['large.gguf']));
    expect(await cached()).toEqual([]);
  });

  it('is fetched in all its parts, whichever is named', async () => {
    const spec = 'org/name:split/big-00002-of-00002.gguf';
    const { path } = await resolveModel(spec);
    expect(path).toBe(join(cache, snapshot, 'split', 'big-00001-of-00002.gguf'));
    expect(await readdir(dirname(path))).toEqual(['big-00001-of-00002.gguf', 'big-00002-of-00002.gguf']);
    const requests = hub.requests.length;
    expect((await resolveModel(spec)).path).toBe(path);
    expect(hub.requests).toHaveLength(requests);
    await rm(join(dirname(path), 'big-00002-of-00002.gguf'));
    expect((await resolveModel(spec)).source).toBe('hub');
  });

  it('that lacks a part is not fetched', async () => {
    const refused = resolveModel('org/name:split/other-00001-of-00002.gguf');
    await expect(refused).rejects.toThrow(/has no split\/other-00002-of-00002.gguf/);
    await expect(refused).rejects.toThrow(code('model-not-found'));
    expect(hub.requests.filter((each) => each.includes('/resolve/'))).toEqual([]);
  });

  it('of which there is an ONNX export alone is told of', async () => {
    hub.listing = [{ type: 'directory', path: 'onnx', oid: 'a'.repeat(40), size: 0 }];
    await expect(resolveModel('org/name')).rejects.toThrow(/has no model.safetensors. An ONNX export is/);
  });

  it('whose listing is beyond all models is given up', async () => {
    const entry = { type: 'file', size: 1, oid: 'a'.repeat(40) };
    hub.listing = Array.from({ length: 100_001 }, (_, at) => ({ ...entry, path: `${at}.txt` }));
    const many = resolveModel('org/name');
    await expect(many).rejects.toThrow(/its listing goes on/);
    await expect(many).rejects.toThrow(code('download-failed'));
    hub.listing = [{ ...entry, path: 'x'.repeat(2 ** 26) }];
    const long = resolveModel('org/name');
    await expect(long).rejects.toThrow(/its answer goes on/);
    await expect(long).rejects.toThrow(code('download-failed'));
  });

  it('is fetched as a whole, and found in the cache from then on', async () => {
    const progress: SourceProgress[] = [];
    const found = await resolveModel('org/name', { onProgress: (each) => progress.push(each) });
    expect(found).toEqual({ path: join(cache, snapshot), source: 'hub' });
    const belongs = ['config.json', 'model.safetensors', 'tokenizer.json', 'tokenizer_config.json'];
    expect(await readdir(found.path)).toEqual(belongs);
    for (const name of belongs) expect(await readFile(join(found.path, name))).toEqual(files.get(name));
    const model = await openModelFile(found.path);
    expect(model.tensors.size).toBeGreaterThan(20);
    await model.close();

    const total = belongs.reduce((sum, name) => sum + (files.get(name)?.length ?? 0), 0);
    expect(progress[0]).toEqual({ phase: 'download', done: 0, total });
    expect(progress.at(-1)).toEqual({ phase: 'download', done: total, total });
    expect(progress.map(({ done }) => done)).toEqual(progress.map(({ done }) => done).sort((a, b) => a - b));

    const before = hub.requests.length;
    expect(await resolveModel('org/name')).toEqual({ path: found.path, source: 'Hugging Face cache' });
    expect(await resolveModel(`org/name@${COMMIT}`)).toMatchObject({ source: 'Hugging Face cache' });
    expect(hub.requests.length).toBe(before);
  });

  it('lies in the layout that Hugging Face programs share', async () => {
    await resolveModel('org/name@v1');
    expect(await readFile(join(cache, 'models--org--name/refs/v1'), 'utf8')).toBe(COMMIT);
    const config = join(cache, snapshot, 'config.json');
    expect((await lstat(config)).isSymbolicLink()).toBe(true);
    expect(await readlink(config)).toMatch(/^\.\.[/\\]\.\.[/\\]blobs[/\\][0-9a-f]{40}$/);
    expect(await readlink(join(cache, snapshot, 'model.safetensors'))).toMatch(/blobs[/\\][0-9a-f]{64}$/);
    expect(await stray()).toEqual([]);
  });

  it('may be one file of it', async () => {
    const { path } = await resolveModel('org/name:quantised/small.gguf');
    expect(path).toBe(join(cache, snapshot, 'quantised', 'small.gguf'));
    expect(await readFile(path)).toEqual(files.get('quantised/small.gguf'));
    expect(await resolveModel('org/name:quantised/small.gguf')).toMatchObject({
      source: 'Hugging Face cache',
    });
    // The other file and the safetensors are not there because this one is.
    expect(await resolveModel('org/name')).toMatchObject({ source: 'hub' });
    expect(await resolveModel('org/name:quantised/large.gguf')).toMatchObject({ source: 'hub' });
  });

  it('is fetched twice at once without harm', async () => {
    const both = await Promise.all([resolveModel('org/name'), resolveModel('org/name')]);
    expect(both[0]).toEqual(both[1]);
    expect(await readFile(join(both[0].path, 'model.safetensors'))).toEqual(files.get('model.safetensors'));
    expect(await stray()).toEqual([]);
  });

  it('is asked for with the token of the environment', async () => {
    vi.stubEnv('HF_TOKEN', 'hf_secret');
    await resolveModel('org/name');
    expect(new Set(hub.tokens)).toContain('Bearer hf_secret');
    vi.stubEnv('HF_TOKEN', 'no-token');
    await expect(resolveModel('org/name@v1')).rejects.toThrow(/hf_/);
  });

  it('is not asked for without a network', async () => {
    await expect(resolveModel('org/name', { offline: true })).rejects.toThrow(code('model-not-found'));
    expect(hub.requests).toEqual([]);
  });
});

describe('a file of a data set', () => {
  it('is fetched once, to its own place in the cache', async () => {
    const path = await fetchDatasetFile('org/name', 'quantised/small.gguf');
    expect(path).toBe(join(cache, `datasets--org--name/snapshots/${COMMIT}/quantised/small.gguf`));
    expect(await readFile(path)).toEqual(files.get('quantised/small.gguf'));
    expect(hub.requests.every((each) => /^\w+ \/(api\/)?(datasets|store)\//.test(each))).toBe(true);
    const before = hub.requests.length;
    expect(await fetchDatasetFile('org/name', 'quantised/small.gguf')).toBe(path);
    expect(hub.requests.length).toBe(before);
  });

  it('that is not there is told of', async () => {
    await expect(fetchDatasetFile('org/name', 'none.jsonl')).rejects.toThrow(code('dataset-not-found'));
    await expect(fetchDatasetFile('org/other', 'none.jsonl')).rejects.toThrow(code('dataset-not-found'));
  });
});

describe('a download from the hub that fails', () => {
  it.each([
    ['break', 'download-failed'],
    ['short', 'checksum-mismatch'],
    ['other', 'checksum-mismatch'],
  ] as const)(
    '(%s) leaves nothing that is mistaken for whole, and can be done again',
    async (fault, expected) => {
      hub.faults.set('model.safetensors', fault);
      await expect(resolveModel('org/name')).rejects.toThrow(code(expected));
      expect(await stray()).toEqual([]);
      expect((await cached()).filter((path) => path.endsWith('model.safetensors'))).toEqual([]);
      await expect(resolveModel('org/name', { offline: true })).rejects.toThrow(code('model-not-found'));
      await expect(resolveModel(`org/name@${COMMIT}`, { offline: true })).rejects.toThrow(
        code('model-not-found'),
      );
      hub.faults.clear();
      hub.requests.length = 0;
      const { path } = await resolveModel('org/name');
      expect(await readFile(join(path, 'model.safetensors'))).toEqual(files.get('model.safetensors'));
      // What was whole before is not fetched again.
      expect(hub.requests.filter((each) => each.endsWith('/config.json'))).toEqual([]);
    },
  );

  it('(small file) is noticed too', async () => {
    hub.faults.set('config.json', 'other');
    await expect(resolveModel('org/name')).rejects.toThrow(code('checksum-mismatch'));
    expect(await cached()).toEqual([]);
  });

  it('(aborted in the middle of a file) stops at once and leaves nothing', async () => {
    hub.faults.set('quantised/large.gguf', 'hang');
    const controller = new AbortController();
    const onProgress = ({ done }: SourceProgress) => done > 0 && controller.abort();
    await expect(
      resolveModel('org/name:quantised/large.gguf', { signal: controller.signal, onProgress }),
    ).rejects.toThrow(code('aborted'));
    await vi.waitFor(() => expect(hub.abandoned).toEqual(['quantised/large.gguf']));
    expect(await cached()).toEqual([]);
  });

  it('(aborted before) does not begin', async () => {
    await expect(resolveModel('org/name', { signal: AbortSignal.abort() })).rejects.toThrow(code('aborted'));
    expect(hub.requests).toEqual([]);
  });

  it.each([401, 403, 404])(
    '(status %i) says that there is no such model, or not for everyone',
    async (status) => {
      hub.status = status;
      await expect(resolveModel('org/name')).rejects.toThrow(code('model-not-found'));
      await expect(resolveModel('org/name')).rejects.toThrow(/HF_TOKEN/);
    },
  );

  it('(no such repository, revision or file) says so', async () => {
    await expect(resolveModel('org/else')).rejects.toThrow(code('model-not-found'));
    await expect(resolveModel('org/name@v2')).rejects.toThrow(code('model-not-found'));
    await expect(resolveModel('org/name:none.gguf')).rejects.toThrow(code('model-not-found'));
    hub.listing = hub.listing.filter(({ path }) => path !== 'model.safetensors');
    hub.listing.push({ type: 'file', path: 'a.gguf', size: 1, oid: 'f'.repeat(40) });
    await expect(resolveModel('org/name')).rejects.toThrow(/It has .*org\/name:a\.gguf/);
    expect(await cached()).toEqual([]);
  });

  it('(server out of order, or away) can be tried again', async () => {
    hub.status = 500;
    await expect(resolveModel('org/name')).rejects.toThrow(code('download-failed'));
    vi.stubEnv('HF_ENDPOINT', 'http://127.0.0.1:1');
    await expect(resolveModel('org/name')).rejects.toThrow(code('download-failed'));
  });

  it.each<[string, () => void]>([
    ['a commit that is a path', () => (hub.commit = '../../../escaped')],
    ['no commit', () => (hub.commit = undefined)],
    ['a checksum that is a path', () => (hub.listing[1].oid = '../../../escaped')],
    ['no checksum', () => delete hub.listing[1].oid],
  ])('(server lies: %s) writes nothing anywhere', async (_, lie) => {
    lie();
    await expect(resolveModel('org/name')).rejects.toThrow(code('download-failed'));
    expect(await cached()).toEqual([]);
    expect((await readdir(directory.path)).filter((name) => name !== 'hub')).toEqual([]);
  });

  it('(cache is a file) says where the cache can be put', async () => {
    await writeFile(cache, 'in the way');
    await expect(resolveModel('org/name')).rejects.toThrow(code('cache-not-writable'));
    await expect(resolveModel('org/name')).rejects.toThrow(/HF_HUB_CACHE/);
    await mkdir(join(directory.path, 'fresh'));
    vi.stubEnv('HF_HUB_CACHE', join(directory.path, 'fresh'));
    await expect(resolveModel('org/name')).resolves.toMatchObject({ source: 'hub' });
  });
});
