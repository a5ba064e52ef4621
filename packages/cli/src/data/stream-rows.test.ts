import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { readRows, streamRows } from './stream-rows.js';
import { temporaryDirectory } from '../testing/temporary-directory.js';

async function fileOf(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(await temporaryDirectory(), name);
  await writeFile(path, content);
  return path;
}

describe('CSV', () => {
  it('reads what was written, with quotes, commas and line breaks in its values', async () => {
    const path = await fileOf('rows.csv', '');
    const cell = fc.string().map((text) => text.replaceAll('\r', ''));
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(cell, cell), { minLength: 1 }), async (cells) => {
        const quoted = (text: string) => `"${text.replaceAll('"', '""')}"`;
        const lines = cells.map((row) => row.map(quoted).join(','));
        await writeFile(path, `response,label\n${lines.join('\n')}\n`);
        const rows = await readRows(path);
        expect(rows.map(({ values }) => [values['response'], values['label']])).toEqual(cells);
      }),
      { numRuns: 50 },
    );
  });

  it('drops a byte-order mark, names the line, and reads tabs', async () => {
    const path = await fileOf('rows.csv', '\uFEFFresponse,label\r\na,1\r\n\r\n"b\nc",0\r\n');
    expect(await readRows(path)).toEqual([
      { values: { response: 'a', label: '1' }, place: `${path}:2` },
      { values: { response: 'b\nc', label: '0' }, place: `${path}:5` },
    ]);
    const [row] = await readRows(await fileOf('rows.tsv', 'response\tlabel\na,b\t1\n'));
    expect(row.values).toEqual({ response: 'a,b', label: '1' });
  });

  it('may have very many columns, and says which is there twice', async () => {
    const names = Array.from({ length: 200_000 }, (_, index) => `c${index}`);
    const path = await fileOf('rows.csv', `${names.join(',')},c0\n`);
    await expect(readRows(path)).rejects.toThrow('two columns are named "c0"');
  });

  it('refuses what is broken, empty or missing', async () => {
    await expect(readRows(await fileOf('a.csv', 'a,b\n1\n'))).rejects.toMatchObject({ code: 'bad-row' });
    await expect(readRows(await fileOf('a.csv', 'a,b\n"1\n'))).rejects.toMatchObject({ code: 'bad-row' });
    await expect(readRows(await fileOf('a.csv', 'a,b\n'))).rejects.toMatchObject({ code: 'empty-file' });
    await expect(readRows(await fileOf('a.csv', Uint8Array.of(0xff, 10)))).rejects.toMatchObject({
      code: 'not-readable',
    });
    await expect(readRows(join(await temporaryDirectory(), 'a.csv'))).rejects.toMatchObject({
      code: 'file-not-found',
    });
  });
});

describe('JSON', () => {
  it.each([
    ['a list', '[{"a": 1},\n {"a": 2}]'],
    ['JSON lines under the wrong name', '{"a": 1}\n{"a": 2}\n'],
  ])('may be %s', async (_, content) => {
    const rows = await readRows(await fileOf('rows.json', content));
    expect(rows.map(({ values }) => values['a'])).toEqual([1, 2]);
    expect(rows[1].place).toMatch(/rows\.json:2$/);
  });

  it('may be one object, on any number of lines', async () => {
    expect(await readRows(await fileOf('rows.json', '{"a":\n {"b": 1}}'))).toMatchObject([
      { values: { a: { b: 1 } } },
    ]);
  });

  it('is refused where it is broken', async () => {
    await expect(readRows(await fileOf('a.json', '[{]'))).rejects.toMatchObject({ code: 'bad-row' });
    await expect(readRows(await fileOf('a.json', '[1]'))).rejects.toMatchObject({ code: 'bad-row' });
    await expect(readRows(await fileOf('a.json', '[]'))).rejects.toMatchObject({ code: 'empty-file' });
  });
});

it('unpacks what ends in .gz, and refuses what is not packed', async () => {
  const packed = gzipSync('{"a": "é"}\n{"a": "b"}\n');
  const rows = await readRows(await fileOf('rows.jsonl.gz', packed));
  expect(rows.map(({ values }) => values['a'])).toEqual(['é', 'b']);
  await expect(readRows(await fileOf('a.jsonl.gz', '{"a": 1}'))).rejects.toMatchObject({
    code: 'not-readable',
  });
});

describe('Parquet', () => {
  const texts = Array.from({ length: 25 }, (_, index) => `response ${index}`);
  const bytes = new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'response', data: texts, type: 'STRING' },
        { name: 'label', data: texts.map((_, index) => BigInt(index % 2)), type: 'INT64' },
        { name: 'score', data: texts.map((_, index) => index / 25), type: 'DOUBLE' },
      ],
      rowGroupSize: 10,
    }),
  );

  it('is read over its row groups', async () => {
    const path = await fileOf('rows.parquet', bytes);
    expect(await readRows(path)).toEqual(
      texts.map((response, index) => ({
        values: { response, label: BigInt(index % 2), score: index / 25 },
        place: `${path}:${index + 1}`,
      })),
    );
  });

  it('is refused when it is cut off, or none', async () => {
    for (const content of [bytes.subarray(0, 300), bytes.subarray(0, 3), 'response,label\n']) {
      await expect(readRows(await fileOf('a.parquet', content))).rejects.toMatchObject({
        code: 'not-readable',
      });
    }
    await expect(readRows(join(await temporaryDirectory(), 'a.parquet'))).rejects.toMatchObject({
      code: 'file-not-found',
    });
  });
});

describe('JSON lines', () => {
  it('come one after the other: a fault is met when its line is', async () => {
    const rows = streamRows(await fileOf('a.jsonl', '{"response": "a"}\n{"response": \n'));
    expect((await rows.next()).value).toMatchObject({ values: { response: 'a' } });
    await expect(rows.next()).rejects.toThrow(':2: this is no JSON');
  });

  it('are put together again over the parts in which a file is read', async () => {
    const long = Array.from({ length: 40 }, (_, index) => ({ response: `é${String(index).repeat(5000)}` }));
    const path = await fileOf('a.jsonl', long.map((row) => JSON.stringify(row)).join('\n'));
    expect((await readRows(path)).map(({ values }) => values)).toEqual(long);
  });

  it('are not waited for after the signal', async () => {
    const path = await fileOf('a.jsonl', '{"response": "a"}\n');
    await expect(readRows(path, AbortSignal.abort())).rejects.toThrow(/abort/);
  });
});
