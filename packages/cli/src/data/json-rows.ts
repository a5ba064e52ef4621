import { HalfspaceError } from '@halfspace/core';
import { readJson } from './read-json.js';
import { fileLabel, readText } from './read-text.js';
import { emptyFile, parseRow, rowOf, type Row } from './rows.js';

/**
 * The rows of a file that is a list of JSON objects, or one. They are told apart by their number, from 1. A file with an
 * object on every line is read as JSON lines, whatever its name.
 *
 * @throws HalfspaceError `file-not-found`, `not-readable`, `empty-file`, `bad-row`
 */
export async function* streamJson(path: string, signal?: AbortSignal): AsyncGenerator<Row> {
  const label = fileLabel(path);
  const text = await readText(path, signal);
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) throw emptyFile(path);
  if (lines.length > 1 && lines.every((line) => /^\{.*\}\s*$/.test(line))) {
    for (const [i, line] of lines.entries()) yield parseRow({ text: line, place: `${label}:${i + 1}` });
    return;
  }
  const values = itemsOf(text, label);
  if (values.length === 0) throw emptyFile(path);
  for (const [i, each] of values.entries()) yield rowOf(each, `${label}:${i + 1}`);
}

function itemsOf(text: string, label: string): unknown[] {
  try {
    const value = readJson(text);
    return Array.isArray(value) ? (value as unknown[]) : [value];
  } catch (error) {
    throw new HalfspaceError('bad-row', `${label}: this is no JSON (${(error as Error).message}).`, {
      cause: error,
    });
  }
}
