import type { ChatMessage } from '@halfspace/core';
import { badRow, idOf, label, text } from './row-fields.js';
import type { Suite, SuiteRow } from './suite.js';

/**
 * Prompts of the user's own: rows with a `prompt` to go on with, or `messages` to answer (or to go on with, where the last turn is the
 * assistant's), and perhaps an `id` and a `group`.
 */
export function promptFile(name: string): Suite {
  return {
    name,
    description: 'prompts of your own',
    promptsOf(row) {
      const group = label(row, 'group');
      const common = { id: idOf(row, 'id'), ...(group !== undefined && { group }) };
      if (row.values['messages'] === undefined) return [{ ...common, text: text(row, 'prompt') }];
      const messages = messagesOf(row);
      return [{ ...common, text: messages.map(({ content }) => content).join('\n\n'), messages }];
    },
  };
}

function messagesOf(row: SuiteRow): ChatMessage[] {
  const { messages } = row.values;
  if (Array.isArray(messages) && messages.length > 0 && messages.every(isMessage)) return messages;
  throw badRow(row, '"messages" must be a list of {"role": "user", "content": "…"}');
}

function isMessage(value: unknown): value is ChatMessage {
  if (typeof value !== 'object' || value === null) return false;
  const { role, content } = value as Record<string, unknown>;
  return (
    ['system', 'user', 'assistant'].includes(String(role)) && typeof content === 'string' && content !== ''
  );
}
