import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { columnRecipe } from './label-recipe.js';
import { parseCondition } from './options/condition.js';
import { readLabelledTexts } from './read-labelled-texts.js';
import { temporaryDirectory } from './testing/temporary-directory.js';

async function fileOf(...rows: readonly object[]): Promise<string> {
  const path = join(await temporaryDirectory(), 'data.jsonl');
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
}

describe('readLabelledTexts', () => {
  it('takes 1 for the desired side, 0 for the other, and leaves the rest out', async () => {
    const path = await fileOf(
      { prompt: 'p', response: 'a', label: 1, group: 'g' },
      { response: 'b', label: 0 },
      { response: 'c', label: 0.5 },
      { response: '', label: 1 },
      { response: 'd', label: true, group: 3 },
    );
    expect(await readLabelledTexts([path], columnRecipe({}), undefined)).toEqual({
      texts: [
        { prompt: 'p', response: 'a', label: 1, group: 'g' },
        { prompt: '', response: 'b', label: 0, group: `${path}:2` },
        { prompt: '', response: 'd', label: 1, group: '3' },
      ],
      leftOut: 2,
    });
  });

  it('compares a column as it is told, over several files', async () => {
    const recipe = columnRecipe({
      label: 'anger',
      desired: parseCondition('<=0.25'),
      undesired: parseCondition('>=0.5'),
    });
    const files = [
      await fileOf({ response: 'a', anger: 0.25, author: 'x' }, { response: 'b', anger: 0.3, author: 'y' }),
      await fileOf({ response: 'c', anger: 0.5, author: 'x' }),
    ];
    const { texts, leftOut } = await readLabelledTexts(files, recipe, 'author');
    expect(texts.map(({ response, label, group }) => [response, label, group])).toEqual([
      ['a', 1, 'x'],
      ['c', 0, 'x'],
    ]);
    expect(leftOut).toBe(1);
  });

  it('names the row that it cannot use', async () => {
    const read = async (row: object, group?: string) =>
      readLabelledTexts([await fileOf(row)], columnRecipe({}), group);
    await expect(read({ response: 'a' })).rejects.toThrow('data.jsonl:1: "label" is missing');
    await expect(read({ response: 'a', label: 'yes' })).rejects.toThrow('"label" is no number');
    await expect(read({ label: 1 })).rejects.toThrow('"response" is missing');
    await expect(read({ response: 'a', label: 1 }, 'author')).rejects.toThrow(
      'the group "author" is missing',
    );
    await expect(read({ response: 'a', label: 0.5 })).rejects.toMatchObject({ code: 'no-data' });
  });

  it('refuses sides that overlap', async () => {
    const recipe = columnRecipe({ desired: parseCondition('>=0'), undesired: parseCondition('<=0') });
    await expect(
      readLabelledTexts([await fileOf({ response: 'a', label: 0 })], recipe, undefined),
    ).rejects.toThrow('is on both sides');
  });
});
