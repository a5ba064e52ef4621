import { createHash } from 'node:crypto';
import { mkdir, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fingerprintFile } from './cache.js';
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

  it('is remembered as long as nothing shows a change, also under another name', async () => {
    await write('a', 'one', -60);
    await fingerprintFile(place('a'));
    await rename(place('a'), place('b'));
    await write('b', 'two', -60);
    expect(await fingerprintFile(place('b'))).toBe(sha256('one'));
  });

  it('is not remembered of a file that has only just changed', async () => {
    // In the same moment: a change of a file of the same size cannot be seen by its time.
    for (const text of ['one', 'two']) {
      await write('a', text, 3600);
      expect(await fingerprintFile(place('a'))).toBe(sha256(text));
    }
  });

  it('is found where the cache cannot be written', async () => {
    await mkdir(place('cache'));
    await writeFile(join(place('cache'), 'fingerprints'), 'in the way');
    await write('a', 'one', -60);
    expect(await fingerprintFile(place('a'))).toBe(sha256('one'));
  });
});
