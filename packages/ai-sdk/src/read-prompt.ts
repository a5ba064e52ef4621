import {
  type LanguageModelV3Message,
  type LanguageModelV3Prompt,
  type LanguageModelV3ToolResultPart,
  UnsupportedFunctionalityError,
} from '@ai-sdk/provider';
import type { ChatMessage, ToolCall } from '@halfspace/core';

/**
 * A prompt of the AI SDK as messages.
 *
 * @param knowsTools - Whether the model's template renders calls of tools and what they answer.
 * @throws UnsupportedFunctionalityError for files, and for calls and results of tools where the template knows none
 */
export function readPrompt(prompt: LanguageModelV3Prompt, knowsTools: boolean): ChatMessage[] {
  return prompt.flatMap((message): ChatMessage[] => {
    if (message.role !== 'tool') {
      const calls = knowsTools ? callsOf(message) : [];
      const content = textOf(message, calls.length);
      return [{ role: message.role, content, ...(calls.length > 0 && { tool_calls: calls }) }];
    }
    if (!knowsTools) throw new UnsupportedFunctionalityError({ functionality: 'tool results' });
    return message.content.map((part): ChatMessage => {
      if (part.type !== 'tool-result') throw unsupported(`parts of type ${part.type}`);
      return {
        role: 'tool',
        content: resultOf(part),
        tool_call_id: part.toolCallId,
        name: part.toolName,
      };
    });
  });
}

function callsOf({ content }: LanguageModelV3Message): ToolCall[] {
  if (typeof content === 'string') return [];
  return content.flatMap((part): ToolCall[] => {
    if (part.type !== 'tool-call') return [];
    const { toolCallId: id, toolName: name, input } = part;
    const given: unknown = typeof input === 'string' ? JSON.parse(input) : input;
    return [
      { id, type: 'function', function: { name, arguments: given as Readonly<Record<string, unknown>> } },
    ];
  });
}

/** What a tool has answered, as text. */
function resultOf({ output }: LanguageModelV3ToolResultPart): string {
  if (output.type === 'text' || output.type === 'error-text') return output.value;
  if (output.type === 'execution-denied') return output.reason ?? 'The call was denied.';
  if (output.type === 'json' || output.type === 'error-json') return JSON.stringify(output.value);
  return output.value
    .map((part) => {
      if (part.type !== 'text') throw unsupported(`results of type ${part.type}`);
      return part.text;
    })
    .join('');
}

function textOf({ content }: LanguageModelV3Message, calls: number): string {
  if (typeof content === 'string') return content;
  return content
    .map((part) => {
      if (part.type === 'text') return part.text;
      // What a model was thinking is no part of what it said.
      if (part.type === 'reasoning' || (part.type === 'tool-call' && calls > 0)) return '';
      throw unsupported(part.type === 'file' ? `files (${part.mediaType})` : `parts of type ${part.type}`);
    })
    .join('');
}

function unsupported(functionality: string): UnsupportedFunctionalityError {
  return new UnsupportedFunctionalityError({ functionality });
}
