import { HalfspaceError, type ChatMessage, type Prompt } from '@halfspace/core';
import type { GenerateFlags } from './flags.js';

/**
 * Prompts as the flags say: texts as turns of a user with `--chat`, and answers begun with what `--begin` says.
 *
 * @throws HalfspaceError `bad-option` where there is no turn to begin, or one is begun already
 */
export function asAsked(prompts: readonly Prompt[], { chat, begin }: GenerateFlags): Prompt[] {
  return prompts.map((prompt) => {
    const asked: Prompt =
      chat === true && typeof prompt === 'string' ? [{ role: 'user', content: prompt }] : prompt;
    return begin === undefined ? asked : begunWith(asked, begin);
  });
}

function begunWith(prompt: Prompt, content: string): ChatMessage[] {
  if (typeof prompt === 'string') {
    throw new HalfspaceError(
      'bad-option',
      '--begin is how the assistant answers, and a plain prompt has no turns. Add --chat, or write it at the end of the prompt.',
    );
  }
  if (begunTextOf(prompt) !== undefined) {
    throw new HalfspaceError(
      'bad-option',
      '--begin begins an answer, and there are messages that end in one already. Leave out --begin, or that turn.',
    );
  }
  return [...prompt, { role: 'assistant', content }];
}

/** What stands before a completion where people read it: the prompt, or what was begun of a turn. */
export function shownBefore(prompt: Prompt): string {
  return typeof prompt === 'string' ? prompt : (begunTextOf(prompt) ?? '');
}

function begunTextOf(messages: readonly ChatMessage[]): string | undefined {
  const last = messages.at(-1);
  return last?.role === 'assistant' ? last.content : undefined;
}
