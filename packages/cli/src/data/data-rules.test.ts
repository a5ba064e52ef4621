import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { LabelledText } from '@halfspace/subspace';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { columnRecipe, type LabelFlags } from '../attributes/label-recipe.js';
import { openLabelledTexts, type TextColumns } from './labelled-texts.js';
import { readPrompts } from './read-prompts.js';
import { recipeOf } from '../attributes/recipe-of.js';
import { readRows } from './stream-rows.js';
import { temporaryDirectory } from '../testing/temporary-directory.js';

async function fileOf(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(await temporaryDirectory(), name);
  await writeFile(path, content);
  return path;
}

async function read(path: string, columns: TextColumns = {}, flags: LabelFlags = {}) {
  const opened = openLabelledTexts([path], columns, columnRecipe(flags));
  const texts: LabelledText[] = [];
  for await (const text of opened) texts.push(text);
  return { texts, leftOut: opened.leftOut, unlabelled: opened.unlabelled };
}

const labelsOf = async (path: string, flags: LabelFlags = {}) =>
  (await read(path, {}, flags)).texts.map(({ label }) => label);

/** The same rows in every kind of file. */
async function inEveryKind(rows: readonly Record<string, string | number>[]): Promise<string[]> {
  const names = Object.keys(rows[0]);
  const table = (by: string) =>
    [names, ...rows.map((row) => names.map((name) => row[name]))].map((line) => line.join(by)).join('\n');
  const lines = rows.map((row) => JSON.stringify(row)).join('\n');
  const columnData = names.map((name) => ({ name, data: rows.map((row) => row[name]) }));
  return Promise.all([
    fileOf('a.csv', table(',')),
    fileOf('A.CSV', `\uFEFF${table(',').replaceAll('\n', '\r\n')}`),
    fileOf('a.csv.GZ', gzipSync(table(','))),
    fileOf('a.tsv', table('\t')),
    fileOf('a.json', JSON.stringify(rows, null, 1)),
    fileOf('b.json', lines),
    fileOf('a.jsonl', `\uFEFF${lines}`),
    fileOf('a.ndjson.gz', gzipSync(lines)),
    fileOf('a.parquet', new Uint8Array(parquetWriteBuffer({ columnData }))),
  ]);
}

describe('one set of rules, whatever the kind of file', () => {
  it('for labelled texts', async () => {
    const rows = [
      { response: 'yes', label: 1, group: 'a' },
      { response: 'no', label: 0, group: 'b' },
    ];
    for (const path of await inEveryKind(rows)) {
      expect((await read(path)).texts).toEqual(rows.map((row) => ({ prompt: '', ...row })));
    }
  });

  it('for prompts', async () => {
    for (const path of await inEveryKind([{ prompt: 'Hello there' }, { prompt: 'Good morning' }])) {
      expect(await readPrompts(path)).toEqual(['Hello there', 'Good morning']);
    }
  });

  it('for labels of an attribute that knows its own', async () => {
    const labelOf = await recipeOf('nontoxic', {});
    const of = (toxicity: unknown) => labelOf({ toxicity });
    expect([0, '0.1', 1n, ' 1.0 ', 'False', true, '', null, NaN, 0.3].map(of)).toEqual([
      1,
      1,
      0,
      0,
      1,
      0,
      null,
      null,
      null,
      undefined,
    ]);
    expect(() => of('2')).toThrow('must be a number from 0 to 1');
  });
});

describe('names of columns', () => {
  it('stand once', async () => {
    for (const header of ['response,label,label', 'response,label, label ', '"label",response,"label"']) {
      await expect(readRows(await fileOf('a.csv', `${header}\na,1,0\n`))).rejects.toMatchObject({
        code: 'bad-row',
        message: expect.stringContaining(':1: two columns are named "label"') as string,
      });
    }
    for (const name of ['a.json', 'a.jsonl']) {
      const path = await fileOf(name, '{"response": "a", "label": 1, "label": 0}');
      await expect(readRows(path)).rejects.toThrow('the key "label" stands twice');
    }
  });

  it('are read without the blanks around them; a column without a name is left out', async () => {
    const [row] = await readRows(await fileOf('a.csv', ' response , label,,\na,1,,7\n'));
    expect(row.values).toEqual({ response: 'a', label: '1' });
  });

  it('are told where one is missing, and one that was meant', async () => {
    const path = await fileOf('a.csv', 'Response,label\na,1\n');
    await expect(read(path)).rejects.toThrow(
      'a.csv:2: "response" is missing. Every row needs it as a text. There are "Response", "label". Did you mean "Response"?',
    );
    expect((await read(path, { response: 'Response' })).texts).toHaveLength(1);
    await expect(read(await fileOf('b.csv', 'response,Label\na,1\n'))).rejects.toThrow(
      'Did you mean "Label"?',
    );
  });

  it('are not overlooked where they differ in case alone', async () => {
    await expect(read(await fileOf('a.csv', 'Prompt,response,label\np,a,1\n'))).rejects.toThrow(
      'there is no column "prompt", but one named "Prompt"',
    );
    await expect(read(await fileOf('a.jsonl', '{"response":"a","label":1,"Group":3}'))).rejects.toThrow(
      'no column "group", but one named "Group"',
    );
    const both = await fileOf('b.csv', 'Prompt,prompt,response,label\nP,p,a,1\n');
    expect((await read(both)).texts[0].prompt).toBe('p');
  });

  it('that were asked for are there', async () => {
    const path = await fileOf('a.jsonl', '{"response":"a","label":1}\n{"response":"b","label":0}\n');
    await expect(read(path, { prompt: 'question' })).rejects.toThrow('No row has the column "question"');
  });
});

describe('labels', () => {
  const column = async (...labels: string[]) =>
    fileOf('a.csv', `response,label\n${labels.map((label) => `a,${label}`).join('\n')}\n`);

  it('may be written in many ways', async () => {
    expect(
      await labelsOf(await column('True', 'False', 'TRUE', 'false', '1.0', '0.0', ' 1 ', '1e0')),
    ).toEqual([1, 0, 1, 0, 1, 0, 1, 1]);
  });

  it('that are empty leave their row out, counted', async () => {
    const path = await column('1', '', '0', 'NaN', ' ', 'null', 'NA', '2');
    expect(await read(path)).toMatchObject({
      texts: [{ label: 1 }, { label: 0 }],
      leftOut: 6,
      unlabelled: 5,
    });
    const json = await fileOf('a.jsonl', '{"response":"a","label":null}\n{"response":"b","label":0}\n');
    expect(await read(json)).toMatchObject({ texts: [{ response: 'b' }], leftOut: 1, unlabelled: 1 });
    const degrees = await fileOf('a.csv', 'response,degree\na,\nb,0.3\n');
    expect(await labelsOf(degrees, { score: 'degree' })).toEqual([0.3]);
  });

  it.each([
    ['maybe', '"label" is no number but "maybe". Labels are numbers, true or yes (1), and false or no (0).'],
    ['"0,5"', 'Decimals are written with a point.'],
    ['0x1', 'is no number'],
    ['Infinity', 'is no number'],
  ])('that could be anything are refused: %s', async (label, message) => {
    await expect(labelsOf(await column(label))).rejects.toThrow(message);
  });
});

describe('groups', () => {
  it('keep all digits of 64 bits', async () => {
    const ids = Array.from({ length: 40 }, (_, i) => 1234567890123456789n + BigInt(i));
    const csv = `response,label,group\n${ids.map((id) => `a,1,${id}`).join('\n')}`;
    const lines = ids.map((id) => `{"response":"a","label":1,"group":${id}}`);
    const columnData = [
      { name: 'response', data: ids.map(() => 'a') },
      { name: 'label', data: ids.map(() => 1) },
      { name: 'group', data: ids, type: 'INT64' as const },
    ];
    for (const path of await Promise.all([
      fileOf('a.csv', csv),
      fileOf('a.jsonl', lines.join('\n')),
      fileOf('a.json', `[${lines.join(',')}]`),
      fileOf('a.parquet', new Uint8Array(parquetWriteBuffer({ columnData }))),
    ])) {
      expect((await read(path)).texts.map(({ group }) => group)).toEqual(ids.map(String));
    }
  });

  it('that are empty leave their row by itself', async () => {
    const path = await fileOf('a.csv', 'response,label,group\na,1,\nb,0,\nc,1,g\n');
    for (const columns of [{}, { group: 'group' }]) {
      const { texts } = await read(path, columns);
      expect(texts.map(({ group }) => group)).toEqual([`${path}:2`, `${path}:3`, 'g']);
    }
  });
});

const bytesOf = (text: string, encoding: BufferEncoding) => new Uint8Array(Buffer.from(text, encoding));

describe('files that are not what their name says', () => {
  it.each([
    ['a.csv', 'this is JSON', '{"response": "a", "label": 1}\n{"response": "b", "label": 0}\n'],
    ['a.tsv', 'this is JSON', '[{"response": "a"}]'],
    ['a.csv', 'parted by semicolons', 'response;label\na;1\n'],
    ['a.csv', 'parted by tabs', 'response\tlabel\na\t1\n'],
    ['a.jsonl', 'a file that is one ends in .json', '[\n {"response": "a"}\n]'],
    ['a.jsonl', 'a file that is one ends in .json', '[{"response": "a"}]'],
    ['a.csv', 'line 3', 'response,label\na,1\nb\n'],
    ['a.csv', 'no CSV', 'response,label\n"a,1\nb,0\n'],
    ['a.csv', 'has a byte of zero', 'response,label\na\0b,1\n'],
    ['a.json', 'There are "data".', '{"data": [{"response": "a"}]}'],
    ['a.csv', 'is text in UTF-16. Save it as UTF-8.', bytesOf('\uFEFFresponse,label\na,1\n', 'utf16le')],
    ['a.jsonl', 'is text in UTF-16', bytesOf('{"response": "a"}', 'utf16le')],
    ['a.jsonl', 'no text in UTF-8', bytesOf('{"response": "é"}', 'latin1')],
    ['a.csv', 'no text in UTF-8', bytesOf('response,label\né,1', 'latin1')],
  ])('are refused: %s, %s', async (name, message, content) => {
    await expect(read(await fileOf(name, content))).rejects.toThrow(message);
  });

  it('also where they hold prompts', async () => {
    await expect(readPrompts(await fileOf('a.txt', '[\n{"prompt": "a"}\n]\n'))).rejects.toThrow(
      'is a list of JSON',
    );
    await expect(readPrompts(await fileOf('a.txt', Uint8Array.of(0xe9, 10)))).rejects.toThrow(
      'no text in UTF-8',
    );
    expect(await readPrompts(await fileOf('a.txt', '[Enter Hamlet]\n[Exit\n'))).toEqual([
      '[Enter Hamlet]',
      '[Exit',
    ]);
    expect(await readPrompts(await fileOf('a.txt', '\uFEFFHello, there\nGood morning'))).toEqual([
      'Hello, there',
      'Good morning',
    ]);
  });
});

describe('small files of large content', () => {
  it('are not unpacked without end', async () => {
    const path = await fileOf('a.jsonl.gz', gzipSync(Buffer.alloc(2 ** 29, `${' '.repeat(2 ** 16 - 1)}\n`)));
    await expect(readRows(path)).rejects.toThrow('unpacks to more than 200 times its size');
  });

  it('have no line without end', async () => {
    const path = await fileOf('a.jsonl', Buffer.alloc(2 ** 26 + 1, ' '));
    await expect(readRows(path)).rejects.toThrow('a line of more than 67,108,864 characters');
  });
});
