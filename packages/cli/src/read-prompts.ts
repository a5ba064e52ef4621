import { parseRow, readLines, textOf, type Line } from './rows.js';

/**
 * The prompts of a file; `-` is stdin. A file whose first line is a JSON object, or whose name ends in
 * `.jsonl`, has a row with a `prompt` on every line; any other has a prompt on every line, as it stands.
 * Blank lines are skipped.
 *
 * @throws HalfspaceError `file-not-found`, `not-readable`, `empty-file`, `bad-row`
 */
export async function readPrompts(path: string, signal?: AbortSignal): Promise<string[]> {
  const lines = await readLines(path, signal);
  const asRows = path.endsWith('.jsonl') || isObject(lines[0]);
  return lines.map((line) => (asRows ? textOf(parseRow(line), 'prompt') : line.text));
}

function isObject(line: Line): boolean {
  try {
    parseRow(line);
    return true;
  } catch {
    return false;
  }
}
