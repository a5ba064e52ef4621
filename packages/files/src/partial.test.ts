import { spawnSync } from 'node:child_process';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { partialPath, removeAbandoned } from './partial.js';
import { birthOf, ownIdentity, type ProcessIdentity } from './process-identity.js';
import { useTemporaryDirectory } from './testing/temporary-directory.js';

/** No process has this number: it is above what the system gives. */
const NOBODY = 2 ** 30;
/** A container beside this one, with the same name. */
const ELSEWHERE = { space: 'pid:[1]' };

describe('partial files', () => {
  const directory = useTemporaryDirectory();
  const place = (name: string) => join(directory.path, name);
  const ours = async (whose: Partial<ProcessIdentity> = {}) =>
    basename(await partialPath(place('model'), { ...(await ownIdentity()), ...whose }));
  const ended = async () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    return ours({ pid });
  };
  /** As an older version has called it, which tells processes apart by their numbers alone. */
  const older = (name: string) => name.replace(/(-\d+)(-[0-9a-f]{8}){2}-/, '$1-');
  /** Of another machine that shares the directory. */
  const elsewhere = (name: string) => name.replace(/\.[0-9a-f]{8}-/, '.00000000-');
  const age = async (name: string, hours: number) => {
    const time = new Date(Date.now() - hours * 3_600_000);
    await utimes(place(name), time, time);
  };

  it('have names of their own, beside what they will be', async () => {
    const [one, other] = [await partialPath(place('a b.gguf')), await partialPath(place('a b.gguf'))];
    expect(one).not.toBe(other);
    expect(one.startsWith(`${place('a b.gguf')}.`)).toBe(true);
  });

  it('of ended processes are removed, with all that is in them', async () => {
    const [file, full, old] = [await ended(), await ended(), older(await ended())];
    await writeFile(place(file), 'half');
    await writeFile(place(old), 'half');
    await mkdir(join(place(full), 'deep'), { recursive: true });
    await writeFile(join(place(full), 'deep', 'file'), 'half');
    await removeAbandoned(directory.path);
    expect(await readdir(directory.path)).toEqual([]);
  });

  it('of running processes and of other machines stay for a day', async () => {
    const parents = await ours({ pid: process.ppid, born: await birthOf(process.ppid) });
    const names = [
      await ours(),
      parents,
      older(parents),
      await ours({ pid: process.ppid, born: undefined }),
      elsewhere(await ended()),
      elsewhere(older(await ended())),
      await ours({ ...ELSEWHERE, pid: NOBODY }),
    ].sort();
    for (const name of names) await writeFile(place(name), 'half');
    for (const name of names) await age(name, 23);
    await removeAbandoned(directory.path);
    expect((await readdir(directory.path)).sort()).toEqual(names);
    for (const name of names) await age(name, 25);
    await removeAbandoned(directory.path);
    expect(await readdir(directory.path)).toEqual([]);
  });

  it.runIf(process.platform === 'linux')(
    'of a number that another process has now are removed (on Linux alone)',
    async () => {
      for (const pid of [process.pid, process.ppid]) {
        await writeFile(place(await ours({ pid, born: 'earlier' })), 'half');
        await removeAbandoned(directory.path);
        expect(await readdir(directory.path)).toEqual([]);
      }
    },
  );

  it('are all that is removed', async () => {
    const others = [
      'model',
      'model.partial',
      `${await ended()}.gguf`,
      (await ended()).replace(/-/g, '_'),
    ].sort();
    for (const name of others) await writeFile(place(name), 'whole');
    for (const name of others) await age(name, 48);
    await removeAbandoned(directory.path);
    expect((await readdir(directory.path)).sort()).toEqual(others);
  });

  it('are not looked for where there is no directory', async () => {
    await expect(removeAbandoned(place('nothing'))).resolves.toBeUndefined();
  });
});
