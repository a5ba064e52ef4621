import { didYouMean, HalfspaceError } from '@halfspace/core';
import { readJson } from './read-json.js';
import { fileLabel, streamText } from './read-text.js';

/** Characters of the longest line that is read: what is longer is no data, or not in lines. */
const LONGEST_LINE = 2 ** 26;

/** A line of a file, and where it stands. */
export interface Line {
  readonly text: string;
  /** For messages, e.g. `prompts.txt:12`. */
  readonly place: string;
}

/** A row of a file by the names of its columns, and where it stands. */
export interface Row {
  readonly values: Readonly<Record<string, unknown>>;
  /** For messages, e.g. `train.jsonl:12`. */
  readonly place: string;
}

/**
 * The lines of a file that are not blank, one after the other; `-` is stdin.
 *
 * @throws HalfspaceError `file-not-found`, `not-readable`, `empty-file`, `bad-row` for a line of more than 64 MiB
 */
export async function* streamLines(path: string, signal?: AbortSignal): AsyncGenerator<Line> {
  let number = 0;
  let found = false;
  for await (const text of splitLines(path, signal)) {
    number++;
    if (text.trim() === '') continue;
    found = true;
    yield { text: text.replace(/\r$/, ''), place: `${fileLabel(path)}:${number}` };
  }
  if (!found) throw emptyFile(path);
}

/** All lines, without what ends them. Parts of a long one are put together once, and not with each further part. */
async function* splitLines(path: string, signal: AbortSignal | undefined): AsyncGenerator<string> {
  let parts: string[] = [];
  let length = 0;
  for await (const part of streamText(path, signal)) {
    const lines = part.split('\n');
    for (const [i, text] of lines.entries()) {
      parts.push(text);
      length += text.length;
      if (length > LONGEST_LINE) {
        throw new HalfspaceError(
          'bad-row',
          `${fileLabel(path)} has a line of more than ${LONGEST_LINE.toLocaleString('en')} characters. Give each row a line of its own.`,
        );
      }
      if (i === lines.length - 1) break;
      yield parts.join('');
      parts = [];
      length = 0;
    }
  }
  yield parts.join('');
}

/**
 * All lines of a file that are not blank; `-` is stdin.
 *
 * @throws HalfspaceError as {@link streamLines}
 */
export async function readLines(path: string, signal?: AbortSignal): Promise<Line[]> {
  const lines: Line[] = [];
  for await (const line of streamLines(path, signal)) lines.push(line);
  return lines;
}

/** The error of a file in which there is nothing. */
export function emptyFile(path: string): HalfspaceError {
  return new HalfspaceError('empty-file', `There is nothing in ${fileLabel(path)}.`);
}

/**
 * Reads a line as a JSON object, as {@link readJson} reads it.
 *
 * @throws HalfspaceError `bad-row`
 */
export function parseRow({ text, place }: Line): Row {
  return rowOf(parse(text, place), place);
}

/**
 * Takes a value for a row.
 *
 * @throws HalfspaceError `bad-row` where it is no object
 */
export function rowOf(values: unknown, place: string): Row {
  if (typeof values === 'object' && values !== null && !Array.isArray(values)) {
    return { values: values as Record<string, unknown>, place };
  }
  throw new HalfspaceError(
    'bad-row',
    `${place}: each line must be a JSON object, such as {"response": "…"}.${Array.isArray(values) ? LIST : ''}`,
  );
}

const LIST = ' This is a list: the name of a file that is one ends in .json.';

function parse(text: string, place: string): unknown {
  try {
    return readJson(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown reason';
    const hint = text.trim() === '[' ? LIST : '';
    throw new HalfspaceError('bad-row', `${place}: this is no JSON (${reason}).${hint}`, { cause: error });
  }
}

/**
 * A column that must hold text.
 *
 * @throws HalfspaceError `bad-row`
 */
export function textOf({ values, place }: Row, column: string): string {
  const value = values[column];
  if (typeof value === 'string' && value !== '') return value;
  const found = value === '' ? 'empty' : value === undefined ? 'missing' : notText(value);
  const there = value === undefined ? columnsOf(values, column) : '';
  throw new HalfspaceError(
    'bad-row',
    `${place}: "${column}" is ${found}. Every row needs it as a text.${there}`,
  );
}

/**
 * A column that may hold text; `''` where it is absent or null.
 *
 * @throws HalfspaceError `bad-row`, also where the column is absent and another one has its name but for case and blanks
 */
export function optionalTextOf({ values, place }: Row, column: string): string {
  const value = values[column] ?? '';
  if (value === '') refuseOtherSpelling({ values, place }, column);
  if (typeof value === 'string') return value;
  throw new HalfspaceError('bad-row', `${place}: "${column}" is ${notText(value)}.`);
}

/** Bytes are what Parquet has where it does not say that they are text, and they cannot be. */
function notText(value: unknown): string {
  return value instanceof Uint8Array ? 'no text in UTF-8' : 'no text';
}

/**
 * Makes sure that a column which a row need not have is not there under a name that differs in case and blanks alone: it
 * would be left unread without a word.
 *
 * @throws HalfspaceError `bad-row`
 */
export function refuseOtherSpelling({ values, place }: Row, column: string): void {
  if (column in values) return;
  const plain = (name: string) => name.trim().toLowerCase();
  const other = Object.keys(values).find((name) => plain(name) === plain(column));
  if (other === undefined) return;
  throw new HalfspaceError(
    'bad-row',
    `${place}: there is no column "${column}", but one named "${other}". Name it as it is written, or rename it.`,
  );
}

/** Columns that a message lists at most, and characters that it shows of a name. */
const MOST_NAMED = 12;
const MOST_SHOWN = 40;

/** What to say of the columns of a row in which one is missing. */
export function columnsOf(values: Row['values'], missing: string): string {
  const names = Object.keys(values);
  const shown = names.slice(0, MOST_NAMED).map((name) => JSON.stringify(name.slice(0, MOST_SHOWN)));
  const more = names.length > shown.length ? ` and ${names.length - shown.length} more` : '';
  const list = shown.length === 0 ? '' : ` There are ${shown.join(', ')}${more}.`;
  return `${list}${didYouMean(missing, names)}`;
}
