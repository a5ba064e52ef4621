import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { partialPath } from '@halfspace/files';
import { beforeEach, describe, expect, it } from 'vitest';
import { useTemporaryDirectory } from '../testing/temporary.js';
import { tinyGguf, tinyTensors } from '../testing/tiny-llama.js';
import { openModelFile } from '../weights.js';
import { compileModel } from './compile.js';
import { listCompiled } from './list-compiled.js';
import { pruneCache } from './prune-cache.js';
import { markInUse } from './uses.js';

const DAY_MS = 24 * 3_600_000;

describe('the cache of compiled models', () => {
  const directory = useTemporaryDirectory();
  const cache = () => join(directory.path, 'cache');
  const model = () => join(directory.path, 'tiny.gguf');
  beforeEach(async () => writeFile(model(), tinyGguf()));

  async function compile(precision: 'f32' | 'int8' = 'f32', path = model()): Promise<string> {
    const file = await openModelFile(path);
    const { head } = await compileModel(file, { precision, cache: cache() }).finally(async () =>
      file.close(),
    );
    return join(head, '..');
  }
  const compiled = async () => (await readdir(join(cache(), 'compiled'))).sort();

  /** Sets back when graphs were last used. */
  async function age(place: string, days: number): Promise<void> {
    const then = new Date(Date.now() - days * DAY_MS);
    await utimes(join(cache(), 'used', `${basename(place)}.json`), then, then);
  }

  it('says what was compiled, of what, how large it is and when it was last used', async () => {
    expect(await listCompiled(cache())).toEqual([]);
    const [f32, int8] = [await compile('f32'), await compile('int8')];
    await age(f32, 3);
    const [first, second] = await listCompiled(cache());
    expect(first).toMatchObject({
      path: int8,
      model: 'tiny',
      source: model(),
      precision: 'int8',
      inUse: false,
      outdated: false,
    });
    expect(first.bytes).toBeGreaterThan(10_000);
    expect(second).toMatchObject({ path: f32, precision: 'f32' });
    expect(Date.now() - second.lastUsed.getTime()).toBeGreaterThan(2.9 * DAY_MS);
    // To be used again is a use.
    await compile('f32');
    expect((await listCompiled(cache()))[0].path).toBe(f32);
    // The same model in another place.
    await rename(model(), `${model()}.moved.gguf`);
    await compile('f32', `${model()}.moved.gguf`);
    expect((await listCompiled(cache()))[0].source).toBe(`${model()}.moved.gguf`);
  });

  it('keeps what is used when it is pruned, and says before what would go', async () => {
    const [f32, int8] = [await compile('f32'), await compile('int8')];
    expect(await pruneCache({ cache: cache() })).toEqual([]);
    await age(f32, 31);
    const going = { path: f32, model: 'tiny', precision: 'f32', reason: 'unused' };
    expect(await pruneCache({ cache: cache(), dryRun: true })).toMatchObject([
      { ...going, outcome: 'would be removed' },
    ]);
    expect(await compiled()).toHaveLength(2);
    expect(await pruneCache({ cache: cache(), olderThanDays: 40 })).toEqual([]);
    expect(await pruneCache({ cache: cache() })).toMatchObject([{ ...going, outcome: 'removed' }]);
    expect(await compiled()).toEqual([basename(int8)]);
    expect(await readdir(join(cache(), 'used'))).toEqual([`${basename(int8)}.json`]);
    expect(await pruneCache({ cache: cache(), all: true })).toMatchObject([{ path: int8, reason: 'all' }]);
    expect(await compiled()).toEqual([]);
  });

  it.each([-1, NaN])('is not pruned of what is older than %s days', async (olderThanDays) => {
    await expect(pruneCache({ cache: cache(), olderThanDays })).rejects.toThrow(RangeError);
  });

  it('loses older formats, and graphs of models that are gone', async () => {
    const place = await compile();
    const old = place.replace(/-v\d+$/, '-v3');
    await mkdir(old);
    await writeFile(join(old, 'weights.bin'), 'old');
    expect(await pruneCache({ cache: cache() })).toMatchObject([
      { path: old, model: null, bytes: 3, reason: 'format', outcome: 'removed' },
    ]);
    await rm(model());
    expect(await pruneCache({ cache: cache() })).toMatchObject([{ path: place, reason: 'source' }]);
    expect(await compiled()).toEqual([]);
  });

  it('loses what killed processes left, and nothing that one is making', async () => {
    const place = await compile();
    const ended = spawn(process.execPath, ['-e', '']);
    await once(ended, 'exit');
    const killed = await partialPath(place, {
      host: (await import('node:os')).hostname(),
      pid: ended.pid ?? 0,
    });
    const own = await partialPath(place);
    const foreign = join(cache(), 'compiled', 'something-else');
    for (const each of [killed, own, foreign]) {
      await mkdir(each);
      await writeFile(join(each, 'weights.bin'), 'half');
    }
    expect(await pruneCache({ cache: cache(), dryRun: true })).toMatchObject([
      { path: killed, bytes: 4, reason: 'partial', outcome: 'would be removed' },
    ]);
    expect(await pruneCache({ cache: cache(), all: true })).toMatchObject([
      { path: place, outcome: 'removed' },
      { path: killed, outcome: 'removed' },
    ]);
    expect(await compiled()).toEqual([own, foreign].map((each) => basename(each)).sort());
  });

  it('keeps what a process has loaded, until it gives it back', async () => {
    const place = await compile();
    const giveBack = await markInUse(place);
    expect((await listCompiled(cache()))[0].inUse).toBe(true);
    expect(await pruneCache({ cache: cache(), all: true })).toMatchObject([
      { path: place, outcome: 'in use' },
    ]);
    expect(await compiled()).toHaveLength(1);
    await giveBack();
    await giveBack();
    expect(await pruneCache({ cache: cache(), all: true })).toMatchObject([
      { path: place, outcome: 'removed' },
    ]);
  });

  it('forgets fingerprints that are old', async () => {
    const memos = join(cache(), 'fingerprints');
    await mkdir(memos, { recursive: true });
    for (const [name, days] of [
      ['new', 1],
      ['old', 50],
    ] as const) {
      await writeFile(join(memos, name), '0'.repeat(64));
      const then = new Date(Date.now() - days * DAY_MS);
      await utimes(join(memos, name), then, then);
    }
    expect(await pruneCache({ cache: cache() })).toMatchObject([
      { path: memos, bytes: 64, reason: 'fingerprints', outcome: 'removed' },
    ]);
    expect(await readdir(memos)).toEqual(['new']);
  });

  it('is pruned while others compile into it', async () => {
    const models: string[] = [];
    for (let index = 0; index < 4; index++) {
      const tensors = tinyTensors();
      tensors[0].data[40] = index;
      const path = join(directory.path, `model-${index}.gguf`);
      await writeFile(path, tinyGguf({ tensors }));
      models.push(path);
    }
    let busy = true;
    const pruning = (async () => {
      while (busy) await pruneCache({ cache: cache(), all: true });
    })();
    try {
      // All end well, whatever goes meanwhile.
      await Promise.all(models.map(async (path) => compile('f32', path)));
    } finally {
      busy = false;
      await pruning;
    }
    await compile('f32', models[0]);
    expect((await listCompiled(cache())).some(({ model: name }) => name === 'model-0')).toBe(true);
  });
});
