import { spawnSync } from 'node:child_process';
import { mkdir, readdir, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { partialPath, removeAbandoned } from './partial.js';
import { useTemporaryDirectory } from './testing/temporary-directory.js';

describe('partial files', () => {
  const directory = useTemporaryDirectory();
  const place = (name: string) => join(directory.path, name);
  const ours = () => basename(partialPath(place('model')));
  const ended = () => {
    const { pid } = spawnSync(process.execPath, ['--version']);
    return ours().replace(`-${process.pid}-`, `-${pid}-`);
  };
  /** Of another machine that shares the directory. */
  const elsewhere = (name: string) => name.replace(/\.[0-9a-f]{8}-/, '.00000000-');
  const age = async (name: string, hours: number) => {
    const time = new Date(Date.now() - hours * 3_600_000);
    await utimes(place(name), time, time);
  };

  it('have names of their own, beside what they will be', () => {
    const [one, other] = [partialPath(place('a b.gguf')), partialPath(place('a b.gguf'))];
    expect(one).not.toBe(other);
    expect(one.startsWith(`${place('a b.gguf')}.`)).toBe(true);
  });

  it('of ended processes are removed, with all that is in them', async () => {
    const [file, full] = [ended(), ended()];
    await writeFile(place(file), 'half');
    await mkdir(join(place(full), 'deep'), { recursive: true });
    await writeFile(join(place(full), 'deep', 'file'), 'half');
    await removeAbandoned(directory.path);
    expect(await readdir(directory.path)).toEqual([]);
  });

  it('of running processes and of other machines stay for a day', async () => {
    const parents = ours().replace(`-${process.pid}-`, `-${process.ppid}-`);
    const names = [ours(), parents, elsewhere(ended())].sort();
    for (const name of names) await writeFile(place(name), 'half');
    for (const name of names) await age(name, 23);
    await removeAbandoned(directory.path);
    expect((await readdir(directory.path)).sort()).toEqual(names);
    for (const name of names) await age(name, 25);
    await removeAbandoned(directory.path);
    expect(await readdir(directory.path)).toEqual([]);
  });

  it('are all that is removed', async () => {
    const others = ['model', 'model.partial', `${ended()}.gguf`, ended().replace(/-/g, '_')].sort();
    for (const name of others) await writeFile(place(name), 'whole');
    for (const name of others) await age(name, 48);
    await removeAbandoned(directory.path);
    expect((await readdir(directory.path)).sort()).toEqual(others);
  });

  it('are not looked for where there is no directory', async () => {
    await expect(removeAbandoned(place('nothing'))).resolves.toBeUndefined();
  });
});
