import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { modelNeeds, openModelFile, type ModelFile } from '@halfspace/model';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { useTemporaryDirectory } from '../../model/src/testing/temporary.js';
import { tinyGguf } from '../../model/src/testing/tiny-llama.js';
import { assertFits } from './assert-fits.js';

describe('a model', () => {
  const directory = useTemporaryDirectory();
  let file: ModelFile;
  beforeEach(async () => {
    await writeFile(join(directory.path, 'tiny.gguf'), tinyGguf());
    file = await openModelFile(join(directory.path, 'tiny.gguf'));
  });
  afterEach(async () => file.close());

  it('that fits the memory is let through', async () => {
    await assertFits(file, 'f32', { cache: directory.path }, 1e9);
    await assertFits(file, 'f32', { cache: directory.path });
    const { arithmetics } = await modelNeeds(file, { cache: directory.path });
    await assertFits(file, 'f32', { cache: directory.path }, arithmetics.f32?.memory);
  });

  it('that does not fit is refused with what would', async () => {
    const { arithmetics } = await modelNeeds(file, { cache: directory.path });
    const [small, large] = Object.values(arithmetics)
      .map(({ memory }) => memory)
      .sort((a, b) => a - b);
    const tooLarge = arithmetics.f32?.memory === large ? 'f32' : 'int8';
    const refused = assertFits(file, tooLarge, { cache: directory.path }, (small + large) / 2);
    await expect(refused).rejects.toMatchObject({ code: 'out-of-memory' });
    await expect(refused).rejects.toThrow(
      /^tiny needs .* in \w+, and .* are free\. Take the precision \w+ \(/,
    );
    await expect(assertFits(file, 'f32', { cache: directory.path }, 1000)).rejects.toThrow(
      /close other programs, or take a smaller model\.$/,
    );
  });
});
