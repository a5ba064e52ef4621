import { HalfspaceError } from '@halfspace/core';
import { readJson } from './read-json.js';
import { fileLabel } from './read-text.js';
import { parseRow, readLines, textOf, type Line } from './rows.js';
import { holdsRows, readRows } from './stream-rows.js';

/**
 * The prompts of a file; `-` is stdin. A file whose name says that it holds rows is read as {@link readRows} reads it, and
 * has a `prompt` in each. So has any other whose first line is a JSON object; else there is a prompt on every line, as it
 * stands. Blank lines are skipped.
 *
 * @throws HalfspaceError `file-not-found`, `not-readable`, `empty-file`, `bad-row`
 */
export async function readPrompts(path: string, signal?: AbortSignal): Promise<string[]> {
  if (holdsRows(path)) return (await readRows(path, signal)).map((row) => textOf(row, 'prompt'));
  const lines = await readLines(path, signal);
  if (isObject(lines[0])) return lines.map((line) => textOf(parseRow(line), 'prompt'));
  refuseList(path, lines);
  return lines.map(({ text }) => text);
}

function isObject(line: Line): boolean {
  try {
    parseRow(line);
    return true;
  } catch {
    return false;
  }
}

/** A list of JSON is no prompts: its brackets would be gone on with. */
function refuseList(path: string, lines: readonly Line[]): void {
  if (!/^\s*\[/.test(lines[0].text)) return;
  try {
    readJson(lines.map(({ text }) => text).join('\n'));
  } catch {
    return;
  }
  throw new HalfspaceError(
    'bad-row',
    `${fileLabel(path)} is a list of JSON, and not a prompt a line. The name of a file that holds a list ends in .json.`,
  );
}
