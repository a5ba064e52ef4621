import { throwIfAborted } from '@halfspace/core';
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { compressors } from 'hyparquet-compressors';
import { unreadable } from './read-text.js';
import { emptyFile, type Row } from './rows.js';

/**
 * The rows of a Parquet file. Holds one row group at a time.
 *
 * @throws HalfspaceError `file-not-found`, `not-readable`, `empty-file`
 */
export async function* streamParquet(path: string, signal?: AbortSignal): AsyncGenerator<Row> {
  const { file, metadata } = await open(path);
  let start = 0;
  for (const { num_rows: size } of metadata.row_groups) {
    throwIfAborted(signal);
    const end = start + Number(size);
    const rows = await parquetReadObjects({
      file,
      metadata,
      compressors,
      rowStart: start,
      rowEnd: end,
    }).catch((error: unknown) => {
      throw unreadable(path, error);
    });
    for (const [index, values] of rows.entries()) yield { values, place: `${path}:${start + index + 1}` };
    start = end;
  }
  if (start === 0) throw emptyFile(path);
}

async function open(path: string) {
  try {
    const file = await asyncBufferFromFile(path);
    return { file, metadata: await parquetMetadataAsync(file) };
  } catch (error) {
    throw unreadable(path, error);
  }
}
