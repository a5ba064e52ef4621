import { mkdir, readdir, readFile, readlink, stat, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { flushDirectory } from './flush.js';
import { putInPlace } from './put-in-place.js';
import { useTemporaryDirectory } from './testing/temporary-directory.js';
import { watchFlushes } from './testing/watch-flushes.js';
import { removeDirectory, writeDirectory } from './whole-directory.js';
import { writeWhole } from './whole-file.js';

const THIS = import.meta.filename;
const inodeOf = async (path: string) => (await stat(path)).ino;
/** Windows keeps directories by itself. */
const keepsNames = process.platform !== 'win32';

describe('what gets a place', () => {
  const directory = useTemporaryDirectory();
  const place = (...names: string[]) => join(directory.path, ...names);

  it('is on the disk before it has the name, and then the name is', async () => {
    const flushed = await watchFlushes(place('file'), THIS);
    await writeWhole(place('file'), ['a', Buffer.from('b')]);
    expect(flushed).toEqual([
      { inode: await inodeOf(place('file')), isNamed: false },
      ...(keepsNames ? [{ inode: await inodeOf(directory.path), isNamed: true }] : []),
    ]);
    expect(await readFile(place('file'), 'utf8')).toBe('ab');
  });

  it('is there with all that is in it', async () => {
    const flushed = await watchFlushes(place('made'), THIS);
    await writeDirectory(place('made'), async (made) => {
      await mkdir(join(made, 'deep'));
      await writeFile(join(made, 'one'), '1');
      await writeFile(join(made, 'deep', 'two'), '2');
      expect(dirname(made)).toBe(directory.path);
    });
    const before = flushed.filter(({ isNamed }) => !isNamed).map(({ inode }) => inode);
    for (const path of ['made/one', 'made/deep/two', ...(keepsNames ? ['made/deep', 'made'] : [])])
      expect(before).toContain(await inodeOf(place(path)));
    if (keepsNames) expect(flushed.at(-1)).toEqual({ inode: await inodeOf(directory.path), isNamed: true });
    expect(await readdir(directory.path)).toEqual(['made']);
  });

  it('may be a link, also one that leads nowhere', async () => {
    await symlink('nowhere', place('partial'));
    await putInPlace(place('partial'), place('link'));
    expect(await readlink(place('link'))).toBe('nowhere');
  });

  it('leaves what was there, and nothing else, where it is refused', async () => {
    await mkdir(place('full'));
    await writeFile(place('full', 'kept'), '');
    await expect(writeWhole(place('full'), ['new'])).rejects.toMatchObject({ syscall: 'rename' });
    await expect(writeDirectory(place('full'), async () => undefined)).rejects.toMatchObject({
      syscall: 'rename',
    });
    const failed = writeDirectory(place('other'), async () => {
      throw new Error('no more');
    });
    await expect(failed).rejects.toThrow('no more');
    await expect(writeWhole(place('no', 'such'), ['new'])).rejects.toMatchObject({ code: 'ENOENT' });
    expect(await readdir(directory.path, { recursive: true })).toEqual(['full', join('full', 'kept')]);
  });

  it('has a name as long as any', async () => {
    for (const name of ['a'.repeat(255), 'ä'.repeat(127)]) {
      await writeWhole(place(name), ['long']);
      expect(await readFile(place(name), 'utf8')).toBe('long');
    }
  });
});

describe('a link at the place', () => {
  const directory = useTemporaryDirectory();
  const place = (name: string) => join(directory.path, name);

  it('is written through, or replaced where others may have put it', async () => {
    await writeFile(place('real'), 'old');
    await symlink('real', place('link'));
    await writeWhole(place('link'), ['new']);
    expect(await readFile(place('real'), 'utf8')).toBe('new');
    expect(await readlink(place('link'))).toBe('real');
    await writeWhole(place('link'), ['other'], { replaceLink: true });
    expect(await readFile(place('link'), 'utf8')).toBe('other');
    expect(await readFile(place('real'), 'utf8')).toBe('new');
    expect((await readdir(directory.path)).sort()).toEqual(['link', 'real']);
  });
});

describe('flushDirectory', () => {
  it.runIf(keepsNames)(
    'lets a disk that fails be known, and no system that cannot (not on Windows)',
    async () => {
      await flushDirectory(import.meta.dirname);
      await expect(flushDirectory(join(import.meta.dirname, 'nothing'))).rejects.toMatchObject({
        code: 'ENOENT',
      });
      const { open } = await import('node:fs/promises');
      const handle = await open(THIS);
      await handle.close();
      for (const [code, wanted] of [
        ['EINVAL', undefined],
        ['EIO', 'EIO'],
      ]) {
        const spy = vi
          .spyOn(Object.getPrototypeOf(handle) as typeof handle, 'sync')
          .mockRejectedValue(Object.assign(new Error(code), { code, syscall: 'fsync' }));
        const said = await flushDirectory(import.meta.dirname).then(
          () => undefined,
          (error: NodeJS.ErrnoException) => error.code,
        );
        expect(said).toBe(wanted);
        spy.mockRestore();
      }
    },
  );
});

describe('removeDirectory', () => {
  const directory = useTemporaryDirectory();

  it('takes away what is there, with all that is in it, and nothing where nothing is', async () => {
    const place = join(directory.path, 'made');
    await writeDirectory(place, async (made) => writeFile(join(made, 'file'), ''));
    await removeDirectory(place);
    await removeDirectory(place);
    expect(await readdir(directory.path)).toEqual([]);
  });
});
