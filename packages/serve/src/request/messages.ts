import type { ChatMessage } from '@halfspace/core';
import { badRequest } from '../http/api-error.js';
import { checkRuns } from './text-runs.js';

interface Message {
  readonly role: 'system' | 'developer' | 'user' | 'assistant';
  readonly content?: string | null | readonly Part[];
  readonly tool_calls?: unknown;
  readonly function_call?: unknown;
}

interface Part {
  readonly type: string;
  readonly text?: string;
}

/**
 * Messages of a request as core takes them: content as one text, and developers as the system.
 *
 * @throws ApiError 400 for what is no text
 */
export function chatMessages(messages: unknown): ChatMessage[] {
  return (messages as readonly Message[]).map((message, i) => {
    const { role, content } = message;
    const at = `messages.${i}`;
    for (const field of ['tool_calls', 'function_call'] as const) {
      const calls = message[field];
      if (calls === undefined || calls === null || (Array.isArray(calls) && calls.length === 0)) continue;
      throw badRequest(
        `${at}.${field}`,
        'The model makes no calls of tools. Leave them out.',
        'unsupported_value',
      );
    }
    const text = textOf(content, role, `${at}.content`);
    checkRuns(text, `${at}.content`);
    return { role: role === 'developer' ? 'system' : role, content: text };
  });
}

function textOf(content: Message['content'], role: string, at: string): string {
  if (typeof content === 'string') return content;
  if (Array.isArray(content))
    return (content as readonly Part[]).map((part, i) => partText(part, `${at}.${i}`)).join('');
  if (role === 'assistant') return '';
  throw badRequest(at, `The field ${at} must be a text or a list of texts.`, 'missing_required_parameter');
}

function partText({ type, text }: Part, at: string): string {
  if ((type === 'text' || type === 'input_text' || type === 'output_text') && text !== undefined) return text;
  throw badRequest(
    `${at}.type`,
    `The model reads texts alone, and ${at} is of the type ${JSON.stringify(type.slice(0, 60))}. Give a part { "type": "text", "text": … }.`,
    'unsupported_value',
  );
}
