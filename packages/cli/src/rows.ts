import { HalfspaceError } from '@halfspace/core';
import { fileLabel, readText } from './read-text.js';

/** A line of a file, and where it stands. */
export interface Line {
  readonly text: string;
  /** For messages, e.g. `prompts.txt:12`. */
  readonly place: string;
}

/** A JSON object on a line of a file, and where it stands. */
export interface Row {
  readonly values: Readonly<Record<string, unknown>>;
  /** For messages, e.g. `train.jsonl:12`. */
  readonly place: string;
}

/**
 * The lines of a file that are not blank; `-` is stdin.
 *
 * @throws HalfspaceError `file-not-found`, `not-readable`, `empty-file`
 */
export async function readLines(path: string, signal?: AbortSignal): Promise<Line[]> {
  const lines = (await readText(path, signal))
    .split(/\r?\n/)
    .map((text, index) => ({ text, place: `${fileLabel(path)}:${index + 1}` }))
    .filter(({ text }) => text.trim() !== '');
  if (lines.length === 0) throw new HalfspaceError('empty-file', `There is nothing in ${fileLabel(path)}.`);
  return lines;
}

/**
 * The rows of a file of JSON lines; `-` is stdin.
 *
 * @throws HalfspaceError as {@link readLines}, and `bad-row`
 */
export async function readRows(path: string, signal?: AbortSignal): Promise<Row[]> {
  return (await readLines(path, signal)).map(parseRow);
}

/**
 * Reads a line as a JSON object.
 *
 * @throws HalfspaceError `bad-row`
 */
export function parseRow({ text, place }: Line): Row {
  const values = parse(text, place);
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw new HalfspaceError(
      'bad-row',
      `${place}: each line must be a JSON object, such as {"response": "…"}.`,
    );
  }
  return { values: values as Record<string, unknown>, place };
}

function parse(text: string, place: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const reason = error instanceof Error ? error.message : 'unknown reason';
    throw new HalfspaceError('bad-row', `${place}: this is no JSON (${reason}).`, { cause: error });
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
  const found = value === '' ? 'empty' : value === undefined ? 'missing' : 'no text';
  throw new HalfspaceError('bad-row', `${place}: "${column}" is ${found}. Every row needs it as a text.`);
}

/**
 * A column that may hold text; `''` where it is absent or null.
 *
 * @throws HalfspaceError `bad-row`
 */
export function optionalTextOf({ values, place }: Row, column: string): string {
  const value = values[column] ?? '';
  if (typeof value === 'string') return value;
  throw new HalfspaceError('bad-row', `${place}: "${column}" is no text.`);
}
