import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ARTIFACT } from '../testing/artifact.js';
import { readValues, valueNamesIn, writeValue } from './value-folder.js';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'halfspace-values-'));
});
afterEach(async () => rm(directory, { recursive: true, force: true }));

describe('the folder of a value', () => {
  it('is read as it was written, and replaced as a whole', async () => {
    const early = { ...ARTIFACT, layers: [2] };
    const files = { 'README.md': 'a card' };
    const place = await writeValue(directory, { artifacts: { '': ARTIFACT, 'early-exit': early }, files });
    expect(await readFile(join(place, 'README.md'), 'utf8')).toBe('a card');
    expect(await readValues(directory, 'f00d')).toEqual([
      { name: 'self-harm', path: place, artifacts: [early, ARTIFACT] },
    ]);
    await writeValue(directory, { artifacts: { '': { ...ARTIFACT, offset: 4 } } });
    expect(await readdir(place)).toEqual(['subspace.json']);
    expect(await readdir(directory)).toEqual(['self-harm']);
  });

  it('is not found before it is whole', async () => {
    const broken = { '': ARTIFACT, 'early-exit': { ...ARTIFACT, offset: NaN } };
    await expect(writeValue(directory, { artifacts: broken })).rejects.toThrow(
      expect.objectContaining({ code: 'bad-subspace' }),
    );
    expect(await readdir(directory)).toEqual([]);
    await mkdir(join(directory, 'self-harm.01234567-1-01234567.partial'));
    expect(await valueNamesIn(directory)).toEqual([]);
    expect(await valueNamesIn(join(directory, 'missing'))).toEqual([]);
  });

  it('is refused where it holds something of another model, or nothing that is a subspace', async () => {
    const place = await writeValue(directory, { artifacts: { '': ARTIFACT } });
    await expect(readValues(directory, 'beef')).rejects.toThrow(/does not belong there/);
    await writeFile(join(place, 'subspace.json'), '{}');
    await expect(readValues(directory, 'f00d')).rejects.toThrow(
      expect.objectContaining({ code: 'bad-subspace' }),
    );
    await expect(writeValue(directory, { artifacts: {} })).rejects.toThrow(
      expect.objectContaining({ code: 'bad-option' }),
    );
  });
});
