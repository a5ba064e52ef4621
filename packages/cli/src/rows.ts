import { HalfspaceError } from '@halfspace/core';
import { fileLabel, streamText } from './read-text.js';

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
 * @throws HalfspaceError `file-not-found`, `not-readable`, `empty-file`
 */
export async function* streamLines(path: string, signal?: AbortSignal): AsyncGenerator<Line> {
  let number = 0;
  let found = false;
  let rest = '';
  const lineOf = (text: string): Line => ({
    text: text.replace(/\r$/, ''),
    place: `${fileLabel(path)}:${++number}`,
  });
  for await (const part of streamText(path, signal)) {
    const texts = (rest + part).split('\n');
    rest = texts.pop() ?? '';
    for (const line of texts.map(lineOf).filter(isFilled)) {
      found = true;
      yield line;
    }
  }
  const last = lineOf(rest);
  if (isFilled(last)) yield last;
  else if (!found) throw emptyFile(path);
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

function isFilled({ text }: Line): boolean {
  return text.trim() !== '';
}

/** The error of a file in which there is nothing. */
export function emptyFile(path: string): HalfspaceError {
  return new HalfspaceError('empty-file', `There is nothing in ${fileLabel(path)}.`);
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
