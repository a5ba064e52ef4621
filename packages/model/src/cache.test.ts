import { createHash } from 'node:crypto';
import { mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { fingerprintFile, verifiedFingerprint } from './cache.js';
import { useTemporaryDirectory } from './testing/temporary.js';

const BEGUN = Math.round(Date.now() / 1000);
const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

describe('the fingerprint of a file', () => {
  const directory = useTemporaryDirectory();
  const place = (name: string) => join(directory.path, name);

  /** Writes a file that seems to have changed last so many seconds after these tests began. */
  async function write(name: string, text: string, seconds: number): Promise<void> {
    await writeFile(place(name), text);
    await utimes(place(name), BEGUN + seconds, BEGUN + seconds);
  }

  it('is its sha-256', async () => {
    await write('a', 'one', -60);
    expect(await fingerprintFile(place('a'))).toBe(sha256('one'));
    await write('a', 'three', -60);
    expect(await fingerprintFile(place('a'))).toBe(sha256('three'));
    await write('a', 'seven', -30);
    expect(await fingerprintFile(place('a'))).toBe(sha256('seven'));
    await expect(fingerprintFile(place('nothing'))).rejects.toThrow(/ENOENT/);
  });

  const memos = async () => readdir(join(place('cache'), 'fingerprints')).catch((): string[] => []);
  /** Longer than a change could hide in the file's times. */
  const settle = async () => wait(150);

  it('is remembered as long as nothing shows a change', async () => {
    await write('a', 'one', -60);
    await settle();
    await fingerprintFile(place('a'));
    const [memo] = await memos();
    // As another process would, which has not read the file.
    await write('b', 'two', -60);
    await settle();
    await fingerprintFile(place('b'));
    const other = (await memos()).find((name) => name !== memo);
    expect(other).toBeDefined();
    expect(await readFile(join(place('cache'), 'fingerprints', memo), 'utf8')).toBe(sha256('one'));
  });

  it('is another one after a change in place that sets the time back', async () => {
    await write('a', 'one', -60);
    await settle();
    expect(await fingerprintFile(place('a'))).toBe(sha256('one'));
    await write('a', 'two', -60);
    expect(await fingerprintFile(place('a'))).toBe(sha256('two'));
    expect(await verifiedFingerprint(place('a'))).toBe(sha256('two'));
  });

  it('that was planted is none that says what was published', async () => {
    await write('a', 'one', -60);
    await settle();
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(place('a'), { bigint: true });
    const memo = join(place('cache'), 'fingerprints', [dev, ino, size, mtimeNs, ctimeNs].join('-'));
    await mkdir(dirname(memo), { recursive: true });
    await writeFile(memo, sha256('published'));
    expect(await fingerprintFile(place('a'))).toBe(sha256('published'));
    expect(await verifiedFingerprint(place('a'))).toBe(sha256('one'));
    // Nor is it believed after that.
    expect(await fingerprintFile(place('a'))).toBe(sha256('one'));
  });

  it('is not remembered of a file that has only just changed', async () => {
    // In the same moment: a change of a file of the same size cannot be seen by its times.
    for (const text of ['one', 'two']) {
      await write('a', text, 3600);
      expect(await fingerprintFile(place('a'))).toBe(sha256(text));
      expect(await verifiedFingerprint(place('a'))).toBe(sha256(text));
    }
    expect(await memos()).toEqual([]);
  });

  it('is found where the cache cannot be written', async () => {
    await mkdir(place('cache'));
    await writeFile(join(place('cache'), 'fingerprints'), 'in the way');
    await write('a', 'one', -60);
    expect(await fingerprintFile(place('a'))).toBe(sha256('one'));
  });
});
