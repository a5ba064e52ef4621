import { createHash } from 'node:crypto';
import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startFakeHub, type FakeHub } from '../testing/fake-hub.js';
import { useTemporaryDirectory } from '../testing/temporary.js';
import { fetchDataset } from './dataset.js';
import { chooseDataFiles, parseDatasetSpec } from './dataset-spec.js';
import type { SourceProgress } from './source.js';

const COMMIT = '0123456789abcdef0123456789abcdef01234567';
const code = (expected: string) => expect.objectContaining({ code: expected });
const named = (name: string) => parseDatasetSpec(name);

const directory = useTemporaryDirectory();
let files: Map<string, Buffer>;
let hub: FakeHub;

beforeEach(async () => {
  files = new Map([
    ['README.md', Buffer.from('read me')],
    ['data/train-00000-of-00002.parquet', Buffer.alloc(20_000, 1)],
    ['data/train-00001-of-00002.parquet', Buffer.alloc(20_000, 2)],
    ['data/test-00000-of-00001.parquet', Buffer.from('test')],
  ]);
  hub = await startFakeHub('org/name', files, ['main', 'v1']);
  vi.stubEnv('HF_ENDPOINT', hub.url);
  vi.stubEnv('HF_HUB_CACHE', join(directory.path, 'hub'));
  vi.stubEnv('HALFSPACE_CACHE', join(directory.path, 'halfspace'));
  vi.stubEnv('HF_TOKEN', '');
  vi.stubEnv('HF_HUB_OFFLINE', '');
});

afterEach(async () => hub.close());

describe('the name of a data set', () => {
  it.each([
    ['hf:org/name', { repository: 'org/name', revision: 'main', part: undefined }],
    ['hf:org/name@v1', { repository: 'org/name', revision: 'v1', part: undefined }],
    ['hf:org/name:train', { repository: 'org/name', revision: 'main', part: 'train' }],
    [
      'hf:org/na.me@v1:data/a-*.parquet',
      { repository: 'org/na.me', revision: 'v1', part: 'data/a-*.parquet' },
    ],
  ])('%s is read', (name, expected) => expect(named(name)).toEqual(expected));

  it.each([
    'hf:',
    'hf:name',
    'hf:a/b/c',
    'hf:../a',
    'hf:a/..',
    'hf:a/b@',
    'hf:a/b:../c',
    'hf:a/b:/etc',
    'org/name',
  ])('%s is none', (name) => expect(() => named(name)).toThrow(code('bad-option')));
});

describe('the files of a part', () => {
  const choose = (paths: string[], part?: string) =>
    chooseDataFiles(paths, { repository: 'org/name', revision: 'main', part });

  it('are those of a split, in all their parts and in one format', () => {
    const paths = [
      'train.csv',
      'data/train-00001-of-00002.parquet',
      'data/train-00000-of-00002.parquet',
      'dev.csv',
    ];
    expect(choose(paths)).toEqual(['data/train-00000-of-00002.parquet', 'data/train-00001-of-00002.parquet']);
    expect(choose(paths, 'dev')).toEqual(['dev.csv']);
    expect(choose(['train.jsonl.gz', 'validation.jsonl.gz'], 'validation')).toEqual(['validation.jsonl.gz']);
  });

  it('are those of a configuration, which is to be named where there are several', () => {
    const paths = ['a/train.jsonl', 'b/train.jsonl', 'a/test.jsonl'];
    expect(choose(paths, 'b/train')).toEqual(['b/train.jsonl']);
    expect(choose(paths, 'test')).toEqual(['a/test.jsonl']);
    expect(() => choose(paths)).toThrow(/:a\/train, :b\/train/);
  });

  it('are those that are named, also by a pattern', () => {
    const paths = ['x/one.parquet', 'x/two.parquet', 'x/y/one.parquet', 'xxone.parquet'];
    expect(choose(paths, 'x/one.parquet')).toEqual(['x/one.parquet']);
    expect(choose(paths, 'x/*.parquet')).toEqual(['x/one.parquet', 'x/two.parquet']);
    expect(() => choose(paths, 'x.one.parquet')).toThrow(code('dataset-not-found'));
  });

  it('are the only file with rows, where nothing is named', () => {
    expect(choose(['README.md', 'all.csv'])).toEqual(['all.csv']);
  });

  it('that are not there are told of beside those that are', () => {
    expect(() => choose(['train.csv', 'README.md'], 'dev')).toThrow(/has no dev\. It has train\.csv\./);
    expect(() => choose(['README.md'])).toThrow(/no file of rows/);
  });
});

describe('a data set on the hub', () => {
  it('is fetched with all files of a split, with progress, and found again without the network', async () => {
    const progress: SourceProgress[] = [];
    const found = await fetchDataset(named('hf:org/name'), { onProgress: (each) => progress.push(each) });
    expect(found.commit).toBe(COMMIT);
    expect(found.files.map(({ name }) => name)).toEqual([
      'data/train-00000-of-00002.parquet',
      'data/train-00001-of-00002.parquet',
    ]);
    for (const { name, path } of found.files) expect(await readFile(path)).toEqual(files.get(name));
    expect(progress.at(-1)).toEqual({ phase: 'download', done: 40_000, total: 40_000 });
    expect(hub.requests.filter((each) => /test-|README/.test(each))).toEqual([]);
    const before = hub.requests.length;
    expect(await fetchDataset(named('hf:org/name'))).toEqual(found);
    vi.stubEnv('HF_HUB_OFFLINE', '1');
    expect(await fetchDataset(named(`hf:org/name@${COMMIT}:train`))).toEqual(found);
    expect(hub.requests).toHaveLength(before);
  });

  it('is fetched again where a part of it is gone', async () => {
    const { files: found } = await fetchDataset(named('hf:org/name'));
    await rm(found[1].path);
    await expect(fetchDataset(named('hf:org/name'), { offline: true })).rejects.toThrow(/HF_HUB_OFFLINE/);
    const again = await fetchDataset(named('hf:org/name'));
    expect(await readFile(again.files[1].path)).toEqual(files.get(again.files[1].name));
  });

  it('at a revision is that of its commit', async () => {
    expect((await fetchDataset(named('hf:org/name@v1:test'))).commit).toBe(COMMIT);
    expect(hub.requests.some((each) => each.includes('/revision/v1'))).toBe(true);
  });

  it('whose bytes are not those that are listed is refused, and leaves nothing', async () => {
    hub.faults.set('data/train-00001-of-00002.parquet', 'other');
    await expect(fetchDataset(named('hf:org/name'))).rejects.toThrow(code('checksum-mismatch'));
    await expect(fetchDataset(named('hf:org/name'), { offline: true })).rejects.toThrow(
      code('dataset-not-found'),
    );
    hub.faults.clear();
    const { files: found } = await fetchDataset(named('hf:org/name'));
    const digest = createHash('sha256')
      .update(await readFile(found[1].path))
      .digest('hex');
    expect(await readdir(join(directory.path, 'hub/datasets--org--name/blobs'))).toContain(digest);
  });

  it('that is not there, or not at that revision, is told of', async () => {
    await expect(fetchDataset(named('hf:org/other'))).rejects.toThrow(/no data set org\/other/);
    await expect(fetchDataset(named('hf:org/other'))).rejects.toThrow(code('dataset-not-found'));
    const late = fetchDataset(named('hf:org/name@v2'));
    await expect(late).rejects.toThrow(/org\/name has no revision v2/);
    await expect(late).rejects.toThrow(code('dataset-not-found'));
    await expect(fetchDataset(named('hf:org/name:dev'))).rejects.toThrow(/has no dev/);
  });

  it.each([
    [401, /set HF_TOKEN/],
    [403, /gated: Accept its terms|gated\. Accept its terms/],
  ])('(status %i) says what to do', async (status, message) => {
    hub.status = status;
    const refused = fetchDataset(named('hf:org/name'));
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toThrow(code('dataset-not-found'));
  });

  it('without a network says so', async () => {
    await hub.close();
    const refused = fetchDataset(named('hf:org/name'));
    await expect(refused).rejects.toThrow(/Check the connection/);
    await expect(refused).rejects.toThrow(code('download-failed'));
  });

  it('is given up at once when that is wanted', async () => {
    await expect(fetchDataset(named('hf:org/name'), { signal: AbortSignal.abort() })).rejects.toThrow(
      code('aborted'),
    );
    expect(hub.requests).toEqual([]);
  });
});
