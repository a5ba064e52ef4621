import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { isHalfspaceError } from '@halfspace/core';
import { parquetHeader } from 'hyparquet/src/column.js';
import { parquetWriteBuffer, type ColumnSource } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { createParquetBounds } from './parquet-bounds.js';
import { textOf } from './rows.js';
import { readRows, streamRows } from './stream-rows.js';
import { temporaryDirectory } from '../testing/temporary-directory.js';

type Options = Omit<Parameters<typeof parquetWriteBuffer>[0], 'columnData'>;

function bytesOf(columnData: ColumnSource[], options: Options = {}): Uint8Array {
  return new Uint8Array(parquetWriteBuffer({ columnData, ...options }));
}

async function fileOf(bytes: Uint8Array): Promise<string> {
  const path = join(await temporaryDirectory(), 'a.parquet');
  await writeFile(path, bytes);
  return path;
}

const valuesOf = async (bytes: Uint8Array) =>
  (await readRows(await fileOf(bytes))).map(({ values }) => ({ ...values }));

describe('what a file says', () => {
  it('is read with all its digits', async () => {
    const ids = [1234567890123456789n, 1234567890123456790n];
    expect(await valuesOf(bytesOf([{ name: 'id', data: ids, type: 'INT64' }]))).toEqual(
      ids.map((id) => ({ id })),
    );
  });

  it('is text in UTF-8 where it says so, and refused otherwise', async () => {
    const bytes = bytesOf([{ name: 'response', data: ['fine', 'vér'], type: 'STRING' }]);
    // The first byte of é alone is no UTF-8.
    bytes.forEach((byte, i) => {
      if (byte === 0xc3 && bytes[i + 1] === 0xa9) bytes[i + 1] = 0x61;
    });
    await expect(valuesOf(bytes)).rejects.toMatchObject({
      code: 'not-readable',
      message: expect.stringContaining('row 2: "response" is no text in UTF-8') as string,
    });
  });

  it('may be bytes where nobody wants a text of them', async () => {
    const data = [Uint8Array.of(0xff, 0xfe)];
    const bytes = bytesOf([
      { name: 'image', data, type: 'BYTE_ARRAY' },
      { name: 'response', data: ['a'], type: 'STRING' },
    ]);
    const [row] = await readRows(await fileOf(bytes));
    expect(textOf(row, 'response')).toBe('a');
    expect(() => textOf(row, 'image')).toThrow('"image" is no text in UTF-8');
  });

  it('has every column once', async () => {
    const bytes = bytesOf([
      { name: 'label', data: [1] },
      { name: 'lobel', data: [0] },
    ]);
    const text = Buffer.from(bytes).toString('latin1').replaceAll('lobel', 'label');
    await expect(valuesOf(new Uint8Array(Buffer.from(text, 'latin1')))).rejects.toThrow(
      'two columns are named "label"',
    );
  });
});

it('is read or refused in words, however its bytes are damaged', async () => {
  const data = Array.from({ length: 20 }, (_, i) => `response ${i % 7}`);
  const whole = bytesOf([
    { name: 'response', data, type: 'STRING' },
    { name: 'label', data: data.map((_, i) => BigInt(i % 2)), type: 'INT64' },
  ]);
  const path = await fileOf(whole);
  const change = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
  // Each of them is a process.
  await fc.assert(
    fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      const bytes = whole.slice();
      for (const [at, byte] of changes) bytes[at] = byte;
      await writeFile(path, bytes);
      const error: unknown = await readRows(path).then(
        () => undefined,
        (reason: unknown) => reason,
      );
      if (error !== undefined)
        expect(isHalfspaceError(error) ? error.code : error).toMatch(/^(?:not-readable|empty-file)$/);
    }),
    { numRuns: 15 },
  );
}, 300_000);

describe('small files of large content', () => {
  const constant = (rows: number): ColumnSource[] => [
    { name: 'response', data: Array.from<string>({ length: rows }).fill('a'), type: 'STRING' },
  ];

  it('are refused by what they say they hold, before any of it is read', async () => {
    const bytes = bytesOf(constant(3_000_000), { rowGroupSize: 1e7 });
    expect(bytes.length).toBeLessThan(3000);
    await expect(valuesOf(bytes)).rejects.toThrow(/to hold more than 2,\d+,\d+ values, which no data does/);
  });

  it('are refused by what their pages say, where that is more', async () => {
    const bytes = bytesOf(constant(100));
    const file = {
      byteLength: bytes.length,
      slice: (start: number, end?: number) => bytes.slice(start, end).buffer,
    };
    const pages = [{ data_page_offset: 4n, total_compressed_size: BigInt(bytes.length - 4), num_values: 1n }];
    const group = { num_rows: 2n ** 40n, columns: [] };
    const metadata = { version: 1, schema: [], num_rows: 1n, metadata_length: 9, row_groups: [] };
    const bounds = createParquetBounds(file, metadata as never);
    await expect(bounds.check(group as never)).rejects.toThrow('values, which no data does');
    await expect(
      createParquetBounds(file, metadata as never).check({
        num_rows: 1n,
        columns: pages.map((each) => ({ meta_data: { ...each, total_compressed_size: 2n ** 40n } })),
      } as never),
    ).rejects.toThrow('a column lies outside the file');
  });

  it('end the process that reads them, and not the one that asks', async () => {
    const data = Array.from({ length: 400 }, (_, i) => (i % 3 === 0 ? undefined : `text ${i}`));
    const bytes = bytesOf([{ name: 'response', data, type: 'STRING' }], { codec: 'UNCOMPRESSED' });
    const reader = { view: new DataView(bytes.buffer), offset: 4 };
    let page = parquetHeader(reader);
    while (page.data_page_header === undefined && page.data_page_header_v2 === undefined) {
      reader.offset += page.compressed_page_size;
      page = parquetHeader(reader);
    }
    // A run of a billion levels, where the page has four hundred. Those of the first version have their length before them.
    const start = reader.offset + (page.data_page_header === undefined ? 0 : 4);
    bytes.set([0xfe, 0xff, 0xff, 0xff, 0x07], start);
    await expect(valuesOf(bytes)).rejects.toMatchObject({ code: 'not-readable' });
  });
});

it('stops when it is told to', async () => {
  const bytes = bytesOf([{ name: 'label', data: Array.from({ length: 5000 }, (_, i) => i) }]);
  const stop = new AbortController();
  const rows = streamRows(await fileOf(bytes), stop.signal);
  expect((await rows.next()).value).toMatchObject({ values: { label: 0 } });
  stop.abort();
  await expect(
    (async () => {
      for await (const row of rows) expect(row.values).toBeDefined();
    })(),
  ).rejects.toMatchObject({ code: 'aborted' });
});
