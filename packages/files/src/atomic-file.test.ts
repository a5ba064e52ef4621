import { mkdir, open, readdir, readFile, symlink, writeFile, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { assertWritable, writeFileAtomically } from './atomic-file.js';
import { temporaryDirectory } from './testing/temporary-directory.js';

describe('writeFileAtomically', () => {
  it('gives the file its name when the work is done, and not before', async () => {
    const directory = await temporaryDirectory();
    const path = join(directory, 'trace.jsonl');
    await writeFile(path, 'old');
    const result = await writeFileAtomically(path, async (file) => {
      await file.append('one\n');
      expect(await readFile(path, 'utf8')).toBe('old');
      await file.append('two\n');
      return 7;
    });
    expect(result).toBe(7);
    expect(await readFile(path, 'utf8')).toBe('one\ntwo\n');
    expect(await readdir(directory)).toEqual(['trace.jsonl']);
  });

  it('leaves what was there when the work fails', async () => {
    const directory = await temporaryDirectory();
    const path = join(directory, 'trace.jsonl');
    await writeFile(path, 'old');
    const work = writeFileAtomically(path, async (file) => {
      await file.append('half of it');
      throw new Error('no more');
    });
    await expect(work).rejects.toThrow('no more');
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(directory)).toEqual(['trace.jsonl']);
  });

  it('says so when the disk is full, and leaves what was there', async () => {
    const directory = await temporaryDirectory();
    const path = join(directory, 'trace.jsonl');
    await writeFile(path, 'old');
    const handle = await open(path);
    await handle.close();
    const full = Object.assign(new Error('ENOSPC: no space left'), { code: 'ENOSPC', syscall: 'write' });
    for (const method of ['appendFile', 'sync'] as const) {
      const stub = vi.spyOn(Object.getPrototypeOf(handle) as FileHandle, method).mockRejectedValue(full);
      await expect(writeFileAtomically(path, async (file) => file.append('new'))).rejects.toMatchObject({
        code: 'disk-full',
        message: expect.stringContaining(path),
      });
      stub.mockRestore();
    }
    expect(await readFile(path, 'utf8')).toBe('old');
    expect(await readdir(directory)).toEqual(['trace.jsonl']);
  });

  it('writes where a link points to, and keeps the link', async () => {
    const directory = await temporaryDirectory();
    await mkdir(join(directory, 'there'));
    await writeFile(join(directory, 'there', 'real'), 'old');
    await symlink(join('there', 'real'), join(directory, 'link'));
    await writeFileAtomically(join(directory, 'link'), async (file) => file.append('new'));
    expect(await readFile(join(directory, 'there', 'real'), 'utf8')).toBe('new');
    expect(await readdir(join(directory, 'there'))).toEqual(['real']);
  });
});

describe('assertWritable', () => {
  it('refuses directories, devices and missing directories', async () => {
    const directory = await temporaryDirectory();
    for (const path of [directory, '/dev/null', join(directory, 'no', 'such')]) {
      await expect(assertWritable(path)).rejects.toMatchObject({ code: 'not-writable' });
    }
    await expect(assertWritable(join(directory, 'new'))).resolves.toBeUndefined();
  });
});
