import { chmod, mkdir, mkdtemp, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readSubspace, subspacesIn, writeSubspace } from './subspace-file.js';
import { subspaceOf } from './subspace-artifact.js';
import { ARTIFACT } from '../testing/artifact.js';

let directory: string;
let path: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'halfspace-subspace-'));
  path = join(directory, 'x.json');
});
afterEach(async () => {
  await rm(directory, { recursive: true });
});

describe('a subspace file', () => {
  test('is read as it was written, and leaves nothing else behind', async () => {
    await writeSubspace(path, ARTIFACT);
    await writeSubspace(path, ARTIFACT);
    expect(await readSubspace(path)).toEqual(ARTIFACT);
    expect(await readFile(path, 'utf8')).toBe(`${JSON.stringify(ARTIFACT, undefined, 2)}\n`);
    expect(await readdir(directory)).toEqual(['x.json']);
  });

  test('is not replaced by a broken artifact', async () => {
    await writeSubspace(path, ARTIFACT);
    const write = writeSubspace(path, { ...ARTIFACT, offset: NaN });
    await expect(write).rejects.toThrow(expect.objectContaining({ code: 'bad-subspace' }));
    expect(await readSubspace(path)).toEqual(ARTIFACT);
  });

  test('that cannot be written leaves nothing behind', async () => {
    await mkdir(path);
    await writeFile(join(path, 'kept'), '');
    await expect(writeSubspace(path, ARTIFACT)).rejects.toThrow(
      expect.objectContaining({ code: 'cannot-write', message: expect.stringContaining(path) }),
    );
    expect(await readdir(directory)).toEqual(['x.json']);
    await expect(writeSubspace(join(directory, 'no', 'x.json'), ARTIFACT)).rejects.toThrow(
      expect.objectContaining({ code: 'cannot-write' }),
    );
  });
});

describe('a folder of subspace files', () => {
  const other = { ...ARTIFACT, model: { ...ARTIFACT.model, fingerprint: 'beef' } };
  const folder = () => pathToFileURL(`${directory}/`);

  test('is read in the order of their names; other files are left alone', async () => {
    await writeFile(join(directory, 'README.md'), 'not JSON');
    expect(subspacesIn(folder())).toEqual([]);
    await writeSubspace(join(directory, 'b.json'), ARTIFACT);
    await writeSubspace(join(directory, 'a.json'), other);
    expect(subspacesIn(folder())).toEqual([subspaceOf(other), subspaceOf(ARTIFACT)]);
  });

  test('names the file that is no subspace, and the folder that is not there', async () => {
    await writeFile(join(directory, 'a.json'), '{}');
    expect(() => subspacesIn(folder())).toThrow(
      expect.objectContaining({
        code: 'bad-subspace',
        message: expect.stringContaining(join(directory, 'a.json')),
      }),
    );
    expect(() => subspacesIn(new URL('none/', folder()))).toThrow(
      expect.objectContaining({ code: 'subspace-not-found', message: expect.stringContaining('none') }),
    );
  });
});

describe('refuses to read', () => {
  test('what is not there', async () => {
    await expect(readSubspace(path)).rejects.toThrow(
      expect.objectContaining({ code: 'subspace-not-found', message: expect.stringContaining(path) }),
    );
  });

  test('a directory', async () => {
    await expect(readSubspace(directory)).rejects.toThrow(expect.objectContaining({ code: 'bad-subspace' }));
  });

  test('what is not JSON, or cut off', async () => {
    await writeFile(path, JSON.stringify(ARTIFACT).slice(0, -1));
    await expect(readSubspace(path)).rejects.toThrow(
      expect.objectContaining({ code: 'bad-subspace', message: expect.stringMatching(/not JSON/) }),
    );
  });

  test('a number beyond all numbers', async () => {
    await writeFile(path, JSON.stringify(ARTIFACT).replace('"offset":1.5', '"offset":1e999'));
    await expect(readSubspace(path)).rejects.toThrow(/offset must be number/);
  });

  test('a file of a gigabyte', async () => {
    await writeFile(path, '');
    await truncate(path, 2 ** 30);
    await expect(readSubspace(path)).rejects.toThrow(
      expect.objectContaining({ code: 'bad-subspace', message: expect.stringMatching(/1073741824 bytes/) }),
    );
  });

  test.skipIf(process.getuid?.() === 0)('a file without permission (not as root)', async () => {
    await writeFile(path, '');
    await chmod(path, 0);
    await expect(readSubspace(path)).rejects.toThrow(
      expect.objectContaining({ code: 'bad-subspace', message: expect.stringMatching(/cannot be read/) }),
    );
  });
});

test('a byte-order mark does no harm, and UTF-16 is named', async () => {
  const json = `\uFEFF${JSON.stringify(ARTIFACT)}`;
  await writeFile(path, json);
  expect(await readSubspace(path)).toEqual(ARTIFACT);
  await writeFile(path, json, 'utf16le');
  await expect(readSubspace(path)).rejects.toMatchObject({
    code: 'bad-subspace',
    message: `${path} is text in UTF-16. Save it as UTF-8.`,
  });
});
