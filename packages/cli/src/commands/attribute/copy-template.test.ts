import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { copyTemplate } from './copy-template.js';
import { directoryWith } from '../../testing/directory-with.js';

const TEMPLATE = { 'template/b/read.me': 'my name, my name', 'template/.a': 'any' };

it('copies all files with their replacements, and nothing else', async () => {
  const directory = await directoryWith(TEMPLATE);
  const target = join(directory, 'new', 'place');
  const files = await copyTemplate(`${directory}/template/`, target, { 'my name': 'x', any: 'y' });
  expect(files).toEqual(['.a', join('b', 'read.me')]);
  expect(await Promise.all(files.map(async (file) => readFile(join(target, file), 'utf8')))).toEqual([
    'y',
    'x, x',
  ]);
  expect(await readdir(join(directory, 'new'))).toEqual(['place']);
});

it('takes an empty directory and leaves one with something in it alone', async () => {
  const directory = await directoryWith(TEMPLATE);
  const target = join(directory, 'place');
  await mkdir(target);
  await copyTemplate(`${directory}/template/`, target, {});
  await writeFile(join(target, '.a'), 'mine');
  await expect(copyTemplate(`${directory}/template/`, target, {})).rejects.toThrow(
    expect.objectContaining({ code: 'directory-not-empty' }),
  );
  expect(await readFile(join(target, '.a'), 'utf8')).toBe('mine');
});

it('leaves nothing behind where it cannot write', async () => {
  const directory = await directoryWith({ ...TEMPLATE, file: '' });
  for (const place of ['file', join('file', 'place')]) {
    await expect(copyTemplate(`${directory}/template/`, join(directory, place), {})).rejects.toThrow(
      expect.objectContaining({ code: 'not-writable' }),
    );
  }
  expect((await readdir(directory)).sort()).toEqual(['file', 'template']);
});
