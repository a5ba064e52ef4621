import {
  type LanguageModelV3Message,
  type LanguageModelV3Prompt,
  UnsupportedFunctionalityError,
} from '@ai-sdk/provider';
import type { ChatMessage } from '@halfspace/core';

/**
 * A prompt of the AI SDK as messages.
 *
 * @throws UnsupportedFunctionalityError for files, and for calls and results of tools
 */
export function readPrompt(prompt: LanguageModelV3Prompt): ChatMessage[] {
  return prompt.map((message) => {
    if (message.role === 'tool') throw new UnsupportedFunctionalityError({ functionality: 'tool results' });
    return { role: message.role, content: textOf(message) };
  });
}

function textOf({ content }: LanguageModelV3Message): string {
  if (typeof content === 'string') return content;
  return content
    .map((part) => {
      if (part.type === 'text') return part.text;
      // What a model was thinking is no part of what it said.
      if (part.type === 'reasoning') return '';
      const what = part.type === 'file' ? `files (${part.mediaType})` : `parts of type ${part.type}`;
      throw new UnsupportedFunctionalityError({ functionality: what });
    })
    .join('');
}
