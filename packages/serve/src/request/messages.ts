import type { ChatMessage, ToolCall } from '@halfspace/core';
import { badRequest } from '../http/api-error.js';
import { checkRuns } from './text-runs.js';

interface Message {
  readonly role: 'system' | 'developer' | 'user' | 'assistant' | 'tool';
  readonly tool_call_id?: string;
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
 * @param knowsTools - Whether the model's template renders calls of tools and what they answer.
 * @throws ApiError 400 for what is no text
 */
export function chatMessages(messages: unknown, knowsTools = false): ChatMessage[] {
  return (messages as readonly Message[]).map((message, i, all) => {
    const { role, content } = message;
    const at = `messages.${i}`;
    const calls = knowsTools ? toolCallsOf(message, `${at}.tool_calls`) : undefined;
    for (const field of knowsTools ? (['function_call'] as const) : REFUSED) {
      const given = message[field];
      if (given === undefined || given === null || (Array.isArray(given) && given.length === 0)) continue;
      throw badRequest(
        `${at}.${field}`,
        'The model makes no calls of tools. Leave them out.',
        'unsupported_value',
      );
    }
    const text = textOf(content, role, `${at}.content`);
    checkRuns(text, `${at}.content`);
    if (role === 'tool' && !knowsTools) {
      throw badRequest(`${at}.role`, 'The chat template of the model knows no tools.', 'unsupported_value');
    }
    if (calls && i === all.length - 1) {
      throw badRequest(
        `${at}.tool_calls`,
        'Calls of tools are answered by messages of the role "tool" before the model goes on.',
        'unsupported_value',
      );
    }
    return {
      role: role === 'developer' ? 'system' : role,
      content: text,
      ...(calls && { tool_calls: calls }),
      ...(role === 'tool' && message.tool_call_id !== undefined && { tool_call_id: message.tool_call_id }),
    };
  });
}

const REFUSED = ['tool_calls', 'function_call'] as const;

/** Calls as templates take them: their arguments are no text. */
function toolCallsOf({ role, tool_calls: calls }: Message, at: string): ToolCall[] | undefined {
  if (calls === undefined || calls === null || (Array.isArray(calls) && calls.length === 0)) return undefined;
  if (role !== 'assistant' || !Array.isArray(calls))
    throw badRequest(at, 'Calls of tools are a list, in messages of the assistant.');
  return calls.map((call: unknown, i) => {
    const { id, function: called } = (call ?? {}) as {
      readonly id?: unknown;
      readonly function?: { readonly name?: unknown; readonly arguments?: unknown };
    };
    const found = argumentsOf(called?.arguments);
    if (typeof called?.name !== 'string' || found === undefined) {
      throw badRequest(
        `${at}.${i}.function`,
        'A call has { "function": { "name": …, "arguments": … } }, whose arguments are JSON of an object.',
      );
    }
    checkRuns(JSON.stringify(called), `${at}.${i}.function`);
    return {
      ...(typeof id === 'string' && { id }),
      type: 'function',
      function: { name: called.name, arguments: found },
    };
  });
}

function argumentsOf(given: unknown): Readonly<Record<string, unknown>> | undefined {
  try {
    const value: unknown = typeof given === 'string' ? JSON.parse(given) : given;
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Readonly<Record<string, unknown>>)
      : undefined;
  } catch {
    return undefined;
  }
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
