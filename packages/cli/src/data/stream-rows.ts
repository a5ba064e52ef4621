import { extname } from 'node:path';
import { HalfspaceError } from '@halfspace/core';
import { isPacked } from './read-text.js';
import { parseRow, streamLines, type Row } from './rows.js';

/** Endings of the names of files that hold rows. Those of other files say nothing. */
const ROWS = ['.csv', '.tsv', '.json', '.jsonl', '.ndjson', '.parquet'];

/** Whether a name is that of a data set on the hub, as in `hf:owner/name`, and not a path. */
function isOnHub(name: string): boolean {
  return name.startsWith('hf:');
}

/** The ending of a file's name, in small letters and without `.gz`. */
function endingOf(path: string): string {
  return extname(isPacked(path) ? path.slice(0, -'.gz'.length) : path).toLowerCase();
}

/** Whether a name says that it holds rows: by its ending, or as a data set on the hub. */
export function holdsRows(path: string): boolean {
  return isOnHub(path) || ROWS.includes(endingOf(path));
}

/**
 * The rows of a file, one after the other: CSV where its name ends in `.csv` (`.tsv` with tabs), Parquet for
 * `.parquet`, one object or a list of them in `.json`, else JSON lines; `-` is stdin with JSON lines. Text may be packed (`.gz`).
 * `hf:owner/name` is a data set on the hub. Holds a few rows at a time, of Parquet a row group, of JSON all. The rules are those of docs/data.md.
 *
 * @throws HalfspaceError `file-not-found`, `not-readable`, `empty-file`, and `bad-row` naming the line; of the hub what `fetchDataset` throws
 */
export async function* streamRows(path: string, signal?: AbortSignal): AsyncGenerator<Row> {
  // Loaded when needed: most commands read none of them.
  if (isOnHub(path)) return yield* (await import('./hub-rows.js')).streamHub(path, streamRows, signal);
  switch (endingOf(path)) {
    case '.csv':
      return yield* (await import('./csv-rows.js')).streamCsv(path, ',', signal);
    case '.tsv':
      return yield* (await import('./csv-rows.js')).streamCsv(path, '\t', signal);
    case '.parquet':
      if (isPacked(path)) {
        throw new HalfspaceError(
          'not-readable',
          `${path} must be unpacked: Parquet is read from where it stands.`,
        );
      }
      return yield* (await import('./parquet-rows.js')).streamParquet(path, signal);
    case '.json':
      return yield* (await import('./json-rows.js')).streamJson(path, signal);
    default:
      for await (const line of streamLines(path, signal)) yield parseRow(line);
  }
}

/** All rows of a file, as {@link streamRows} reads them. */
export async function readRows(path: string, signal?: AbortSignal): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of streamRows(path, signal)) rows.push(row);
  return rows;
}
