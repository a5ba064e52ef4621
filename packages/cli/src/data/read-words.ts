import { readLines, textOf } from './rows.js';
import { holdsRows, readRows } from './stream-rows.js';

/**
 * The words or phrases of a file; `-` is stdin. A file whose name says that it holds rows has a `word` in each; any other has one on
 * every line. Blank lines are skipped.
 *
 * @throws HalfspaceError `file-not-found`, `not-readable`, `empty-file`, `bad-row`
 */
export async function readWords(path: string, signal?: AbortSignal): Promise<string[]> {
  if (holdsRows(path)) return (await readRows(path, signal)).map((row) => textOf(row, 'word'));
  return (await readLines(path, signal)).map(({ text }) => text);
}
