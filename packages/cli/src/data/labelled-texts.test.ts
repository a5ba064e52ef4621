import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { LabelledText } from '@halfspace/subspace';
import { describe, expect, it } from 'vitest';
import { columnRecipe, type LabelFlags } from '../attributes/label-recipe.js';
import { openLabelledTexts, type TextColumns } from './labelled-texts.js';
import { parseCondition } from '../options/condition.js';
import { temporaryDirectory } from '../testing/temporary-directory.js';

async function fileOf(...rows: readonly object[]): Promise<string> {
  const path = join(await temporaryDirectory(), 'data.jsonl');
  await writeFile(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''));
  return path;
}

async function read(paths: readonly string[], columns: TextColumns = {}, flags: LabelFlags = {}) {
  const opened = openLabelledTexts(paths, columns, columnRecipe(flags));
  const texts: LabelledText[] = [];
  for await (const text of opened) texts.push(text);
  // It can be gone through again.
  for await (const text of opened) expect(texts).toContainEqual(text);
  return { texts, leftOut: opened.leftOut };
}

describe('openLabelledTexts', () => {
  it('takes 1 for the desired side, 0 for the other, and leaves the rest out', async () => {
    const path = await fileOf(
      { prompt: 'p', response: 'a', label: 1, group: 'g' },
      { response: 'b', label: 0 },
      { response: 'c', label: 0.5 },
      { response: '', label: 1 },
      { response: 'd', label: true, group: 3 },
    );
    expect(await read([path])).toEqual({
      texts: [
        { prompt: 'p', response: 'a', label: 1, group: 'g' },
        { prompt: '', response: 'b', label: 0, group: `${path}:2` },
        { prompt: '', response: 'd', label: 1, group: '3' },
      ],
      leftOut: 2,
    });
  });

  it('compares a column as it is told, over several files', async () => {
    const files = [
      await fileOf({ response: 'a', anger: 0.25, author: 'x' }, { response: 'b', anger: 0.3, author: 'y' }),
      await fileOf({ response: 'c', anger: 0.5, author: 'x' }),
    ];
    const conditions = { desired: parseCondition('<=0.25'), undesired: parseCondition('>=0.5') };
    const { texts, leftOut } = await read(files, { group: 'author' }, { label: 'anger', ...conditions });
    expect(texts.map(({ response, label, group }) => [response, label, group])).toEqual([
      ['a', 1, 'x'],
      ['c', 0, 'x'],
    ]);
    expect(leftOut).toBe(1);
  });

  it('reads degrees as they are, and between two bounds', async () => {
    const path = await fileOf(...[0, 0.25, 0.5, 0.625, 1].map((anger) => ({ response: 'a', anger })));
    const labels = async (flags: LabelFlags) =>
      (await read([path], {}, { score: 'anger', ...flags })).texts.map(({ label }) => label);
    expect(await labels({})).toEqual([0, 0.25, 0.5, 0.625, 1]);
    const bounds = { desired: parseCondition('<=0.25'), undesired: parseCondition('>=0.75') };
    expect(await labels(bounds)).toEqual([1, 1, 0.5, 0.25, 0]);
    await expect(labels({ desired: bounds.desired })).rejects.toMatchObject({ code: 'bad-option' });
    const far = await fileOf({ response: 'a', anger: 2 });
    await expect(read([far], {}, { score: 'anger' })).rejects.toThrow('from 0 to 1');
  });

  it('reads the columns that it is told to', async () => {
    const path = await fileOf({ question: 'q', answer: 'a', prompt: 'not this', label: 1 });
    const { texts } = await read([path], { prompt: 'question', response: 'answer' });
    expect(texts).toMatchObject([{ prompt: 'q', response: 'a' }]);
    expect((await read([path], { text: 'answer' })).texts).toMatchObject([{ prompt: '', response: 'a' }]);
  });

  it('makes two rows of a pair, and leaves out a pair of which one is empty', async () => {
    const path = await fileOf(
      { prompt: 'p', better: 'a', rejected: 'b' },
      { prompt: 'p', better: '', rejected: 'b' },
    );
    expect(await read([path], { chosen: 'better' })).toEqual({
      texts: [
        { prompt: 'p', response: 'a', label: 1, group: `${path}:1` },
        { prompt: 'p', response: 'b', label: 0, group: `${path}:1` },
      ],
      leftOut: 1,
    });
  });

  it('finds pairs among rows with labels', async () => {
    const path = await fileOf(
      { prompt: 'p', chosen: 'a', rejected: 'b' },
      { prompt: 'q', response: 'c', label: 0, chosen: 'no pair' },
    );
    const { texts } = await read([path], { group: 'prompt' });
    expect(texts).toEqual([
      { prompt: 'p', response: 'a', label: 1, group: 'p' },
      { prompt: 'p', response: 'b', label: 0, group: 'p' },
      { prompt: 'q', response: 'c', label: 0, group: 'q' },
    ]);
  });

  it('finds pairs in columns of other names among rows with labels', async () => {
    const path = await fileOf(
      { prompt: 'p', better: 'a', worse: 'b', label: '' },
      { prompt: 'q', response: 'c', label: 'No' },
      { prompt: 'q', response: 'd', label: ' YES' },
    );
    const { texts } = await read([path], { response: 'response', chosen: 'better', rejected: 'worse' });
    expect(texts.map(({ response, label }) => [response, label])).toEqual([
      ['a', 1],
      ['b', 0],
      ['c', 0],
      ['d', 1],
    ]);
  });

  it('names the row that it cannot use', async () => {
    const one = async (row: object, columns: TextColumns = {}) => read([await fileOf(row)], columns);
    await expect(one({ response: 'a' })).rejects.toThrow('data.jsonl:1: "label" is missing');
    await expect(one({ response: 'a', label: 'maybe' })).rejects.toThrow('"label" is no number');
    await expect(one({ label: 1 })).rejects.toThrow('"response" is missing');
    await expect(one({ response: 'a', label: 1 }, { group: 'author' })).rejects.toThrow(
      'the group "author" is missing',
    );
    await expect(one({ chosen: 'a' }, { rejected: 'worse' })).rejects.toThrow('"worse" is missing');
    await expect(one({ response: 'a', label: 0.5 })).rejects.toMatchObject({ code: 'no-data' });
  });

  it('refuses sides that overlap', async () => {
    const flags = { desired: parseCondition('>=0'), undesired: parseCondition('<=0') };
    await expect(read([await fileOf({ response: 'a', label: 0 })], {}, flags)).rejects.toThrow(
      'is on both sides',
    );
  });
});
