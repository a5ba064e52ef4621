import { pipeline } from 'node:stream';
import { firstTwice, HalfspaceError } from '@halfspace/core';
import { CsvError, parse } from 'csv-parse';
import { fileLabel, streamText } from './read-text.js';
import { emptyFile, type Row } from './rows.js';

/** Longest record that is read, in characters: one that goes on for longer has a quote that is not closed. */
const LONGEST_RECORD = 2 ** 26;

/** What the parser says of a record with the option `info`. */
interface Parsed {
  readonly record: Record<string, string>;
  readonly info: { readonly lines: number };
}

/**
 * The rows of a file of comma-separated values, by the names in its first line without the blanks around them. All values
 * are texts. Columns without a name are left out.
 *
 * @throws HalfspaceError `file-not-found`, `not-readable`, `empty-file`, `bad-row`, also where two columns have one name
 */
export async function* streamCsv(path: string, delimiter: string, signal?: AbortSignal): AsyncGenerator<Row> {
  const label = fileLabel(path);
  const parser = parse({
    columns: (names: string[]) => columnsOf(names, label),
    delimiter,
    info: true,
    skip_empty_lines: true,
    max_record_size: LONGEST_RECORD,
  });
  // An error of the source comes out of the parser, which is what is being waited for.
  pipeline(withoutJson(streamText(path, signal), label), parser, () => undefined);
  let found = false;
  try {
    for await (const { record, info } of parser as AsyncIterable<Parsed>) {
      found = true;
      yield { values: record, place: `${label}:${info.lines}` };
    }
  } catch (error) {
    if (!(error instanceof CsvError)) throw error;
    throw new HalfspaceError('bad-row', `${label}: this is no CSV (${error.message}).`, { cause: error });
  }
  if (!found) throw emptyFile(path);
}

/** Names of columns; `false` for one that is left out. */
function columnsOf(header: readonly string[], label: string): (string | false)[] {
  const names = header.map((name) => name.trim());
  const twice = firstTwice(names.filter((name) => name !== ''));
  if (twice !== undefined) {
    throw new HalfspaceError(
      'bad-row',
      `${label}:1: two columns are named ${JSON.stringify(twice)}. Keep one of them, or rename it.`,
    );
  }
  const [only] = names;
  const parted = /[;\t]/.exec(only);
  if (names.length === 1 && parted !== null) {
    throw new HalfspaceError(
      'bad-row',
      `${label}:1: the columns are parted by ${parted[0] === ';' ? 'semicolons' : 'tabs'}. In .csv they are parted by commas, in .tsv by tabs.`,
    );
  }
  return names.map((name) => name !== '' && name);
}

/** Refuses a file of JSON under the name of a table: its first line would be taken for the names of columns. */
async function* withoutJson(text: AsyncIterable<string>, label: string): AsyncGenerator<string> {
  let first = true;
  for await (const part of text) {
    if (first && /^\s*(\{\s*"|\[\s*[[{"])/.test(part)) {
      throw new HalfspaceError(
        'bad-row',
        `${label}:1: this is JSON. The name of a file with an object on every line ends in .jsonl, that of a list in .json.`,
      );
    }
    first &&= part.trim() === '';
    yield part;
  }
}
