import { HalfspaceError, type ChatMessage, type Prompt } from '@halfspace/core';
import { readJson } from './read-json.js';
import { fileLabel } from './read-text.js';
import { parseRow, readLines, textOf, type Line, type Row } from './rows.js';
import { holdsRows, readRows } from './stream-rows.js';

/**
 * The prompts of a file; `-` is stdin. A file whose name says that it holds rows is read as {@link readRows} reads it, and
 * has a `prompt` in each. So has any other whose first line is a JSON object; else there is a prompt on every line, as it
 * stands. Blank lines are skipped.
 *
 * @throws HalfspaceError `file-not-found`, `not-readable`, `empty-file`, `bad-row`
 */
export async function readPrompts(path: string, signal?: AbortSignal): Promise<string[]> {
  return readEach(path, (row) => textOf(row, 'prompt'), signal);
}

/**
 * As {@link readPrompts}, where a row may have `messages` in place of a `prompt`: a conversation, whose last turn is gone on with if it
 * is the assistant's.
 *
 * @throws HalfspaceError as {@link readPrompts}
 */
export async function readPromptsAndChats(path: string, signal?: AbortSignal): Promise<Prompt[]> {
  return readEach<Prompt>(path, promptOf, signal);
}

async function readEach<T>(
  path: string,
  ofRow: (row: Row) => T,
  signal: AbortSignal | undefined,
): Promise<(T | string)[]> {
  if (holdsRows(path)) return (await readRows(path, signal)).map(ofRow);
  const lines = await readLines(path, signal);
  if (isObject(lines[0])) return lines.map((line) => ofRow(parseRow(line)));
  refuseList(path, lines);
  return lines.map(({ text }) => text);
}

function promptOf(row: Row): Prompt {
  const { prompt, messages } = row.values;
  if (messages === undefined || messages === null) return textOf(row, 'prompt');
  if (prompt !== undefined && prompt !== null) {
    throw new HalfspaceError(
      'bad-row',
      `${row.place}: a row has a "prompt" or "messages", and this one both.`,
    );
  }
  if (Array.isArray(messages) && messages.length > 0 && messages.every(isMessage)) return messages;
  throw new HalfspaceError(
    'bad-row',
    `${row.place}: "messages" must be a list of {"role": "user", "content": "…"}, with the roles ${ROLES.join(', ')}.`,
  );
}

const ROLES = ['system', 'user', 'assistant'];

function isMessage(value: unknown): value is ChatMessage {
  if (typeof value !== 'object' || value === null) return false;
  const { role, content, ...rest } = value as Record<string, unknown>;
  return ROLES.includes(String(role)) && typeof content === 'string' && Object.keys(rest).length === 0;
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
