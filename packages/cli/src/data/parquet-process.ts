/**
 * Reads a Parquet file in a process of its own, for `parquet-rows.ts`: bytes that ask for too much memory or time then end
 * this process alone. It answers every message with the next rows, or says that there are no more or what is wrong.
 */
import { firstTwice } from '@halfspace/core';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, type SchemaElement } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { createParquetBounds } from './parquet-bounds.js';
import { readJson } from './read-json.js';

/** What is answered. */
export type ParquetAnswer =
  | {
      readonly kind: 'rows';
      readonly rows: readonly Record<string, unknown>[];
    }
  | { readonly kind: 'end' }
  | {
      readonly kind: 'fault';
      readonly message: string;
      /** Of the system, such as `ENOENT`. */
      readonly code?: string;
    };

/** Rows of an answer. */
const BATCH = 2048;

const decoder = new TextDecoder('utf-8', { fatal: true });

/** Bytes that are no UTF-8 stay bytes: columns that no text is wanted of may hold anything. */
function textOr(bytes: Uint8Array): string | Uint8Array {
  try {
    return decoder.decode(bytes);
  } catch {
    return bytes;
  }
}

const parsers = {
  stringFromBytes: (bytes: Uint8Array | undefined) => bytes && textOr(bytes),
  jsonFromBytes: (bytes: Uint8Array | undefined) => bytes && readJson(decoder.decode(bytes)),
};

async function* batches(path: string): AsyncGenerator<Record<string, unknown>[]> {
  const file = await asyncBufferFromFile(path);
  const metadata = await parquetMetadataAsync(file);
  const bounds = createParquetBounds(file, metadata);
  const columns = topColumns(metadata.schema);
  const names = columns.map(({ name }) => name);
  const twice = firstTwice(names);
  if (twice !== undefined) throw new Error(`two columns are named ${JSON.stringify(twice)}`);
  let start = 0;
  for (const group of metadata.row_groups) {
    await bounds.check(group);
    const end = start + Number(group.num_rows);
    const rows = await parquetReadObjects({
      file,
      metadata,
      compressors,
      parsers,
      rowStart: start,
      rowEnd: end,
    });
    for (const column of columns) check(column, rows, start);
    for (let i = 0; i < rows.length; i += BATCH) yield rows.slice(i, i + BATCH);
    start = end;
  }
}

/** The columns of the table itself, and not what lies in them. */
function topColumns([root, ...elements]: readonly SchemaElement[]): SchemaElement[] {
  const columns: SchemaElement[] = [];
  // Elements stand in the order of the tree, each with the number of those right below it.
  let inside = 0;
  for (const element of elements) {
    if (inside > 0) inside--;
    else if (columns.length < (root.num_children ?? 0)) columns.push(element);
    inside += element.num_children ?? 0;
  }
  return columns;
}

/** What a column says it holds must be that, whole: texts in UTF-8, and decimals with all their digits. */
function check(column: SchemaElement, rows: readonly Record<string, unknown>[], start: number): void {
  const { name, converted_type: converted, logical_type: logical } = column;
  const isText = converted === 'UTF8' || logical?.type === 'STRING';
  const isDecimal = converted === 'DECIMAL' || logical?.type === 'DECIMAL';
  if (!isText && !isDecimal) return;
  for (const [i, { [name]: value }] of rows.entries()) {
    const place = `row ${start + i + 1}: ${JSON.stringify(name)}`;
    if (isText && value instanceof Uint8Array) throw new Error(`${place} is no text in UTF-8`);
    if (isDecimal && typeof value === 'number' && Math.abs(value) > Number.MAX_SAFE_INTEGER) {
      throw new Error(
        `${place} is a decimal of more digits than are read. Save it as a whole number or as text`,
      );
    }
  }
}

async function answerOf(rows: AsyncGenerator<Record<string, unknown>[]>): Promise<ParquetAnswer> {
  try {
    const next = await rows.next();
    return next.done === true ? { kind: 'end' } : { kind: 'rows', rows: next.value };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const code = error instanceof Error && 'code' in error ? { code: String(error.code) } : {};
    return { kind: 'fault', message, ...code };
  }
}

// Ctrl-C reaches every process of a terminal: the one that asks decides what follows.
process.on('SIGINT', () => undefined).on('SIGTERM', () => undefined);

const [path] = process.argv.slice(2);
const rows = batches(path);
process.on('message', () => {
  void answerOf(rows).then((answer) => process.send?.(answer));
});
