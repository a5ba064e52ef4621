import { pipeline } from 'node:stream';
import { HalfspaceError } from '@halfspace/core';
import { CsvError, parse } from 'csv-parse';
import { fileLabel, streamText } from './read-text.js';
import { emptyFile, type Row } from './rows.js';

/** What the parser says of a record with the option `info`. */
interface Parsed {
  readonly record: Record<string, string>;
  readonly info: { readonly lines: number };
}

/**
 * The rows of a file of comma-separated values, by the names in its first line. All values are texts.
 *
 * @throws HalfspaceError `file-not-found`, `not-readable`, `empty-file`, `bad-row`
 */
export async function* streamCsv(path: string, delimiter: string, signal?: AbortSignal): AsyncGenerator<Row> {
  const parser = parse({ columns: true, delimiter, info: true, skip_empty_lines: true });
  // An error of the source comes out of the parser, which is what is being waited for.
  pipeline(streamText(path, signal), parser, () => undefined);
  let found = false;
  try {
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      found = true;
      yield { values: record, place: `${fileLabel(path)}:${info.lines}` };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new HalfspaceError('bad-row', `${fileLabel(path)}: this is no CSV (${error.message}).`, {
      cause: error,
    });
  }
  if (!found) throw emptyFile(path);
}
