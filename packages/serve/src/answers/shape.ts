import { randomUUID } from 'node:crypto';
import type { ToolCallFormat, Tokenizer } from '@halfspace/core';
import { type ChoiceWriter, textWriter, toolMessage, toolWriter } from './choice-writer.js';
import { chatLogprobs, type LogprobsOf, textLogprobs } from './logprobs.js';

/** How a kind of completion is told. */
export interface AnswerShape {
  /** Fields of the whole. */
  readonly head: object;
  /** Fields of each chunk. */
  readonly chunkHead: object;
  /** What stands in a choice for its text. */
  whole(text: string): object;
  /** What stands in the choice of a chunk for new text; the first of a choice has its role. */
  piece(text: string, first: boolean): object;
  /** What makes deltas of a choice. */
  openChoice(): ChoiceWriter;
  /** Whether a choice begins with a chunk of its own. */
  readonly opens: boolean;
  readonly logprobs: LogprobsOf;
}

interface HeadParts {
  readonly model: string;
  /** Of the model. */
  readonly fingerprint: string;
  readonly created: number;
  readonly logprobs: boolean;
}

function head(prefix: string, kind: string, { model, fingerprint, created }: HeadParts): object {
  return {
    id: `${prefix}-${randomUUID().replaceAll('-', '')}`,
    object: kind,
    created,
    model,
    system_fingerprint: `fp_${fingerprint.slice(0, 16)}`,
  };
}

/**
 * Chat completions.
 *
 * @param toolCalls - How calls of tools are written, where there may be some.
 */
export function chatShape(
  parts: HeadParts,
  tokenizer: Tokenizer,
  toolCalls: ToolCallFormat | undefined,
): AnswerShape {
  const whole = head('chatcmpl', 'chat.completion', parts);
  const piece = (content: string, first: boolean) => ({
    delta: first ? { role: 'assistant', content, refusal: null } : content === '' ? {} : { content },
  });
  return {
    head: whole,
    chunkHead: { ...whole, object: 'chat.completion.chunk' },
    whole: (content) => ({
      message: toolCalls
        ? toolMessage(toolCalls, content)
        : { role: 'assistant', content, refusal: null, annotations: [] },
    }),
    piece,
    openChoice: () => (toolCalls ? toolWriter(toolCalls) : textWriter((text) => piece(text, false))),
    opens: true,
    logprobs: parts.logprobs ? chatLogprobs(tokenizer) : () => null,
  };
}

/** Completions of texts. */
export function textShape(parts: HeadParts): AnswerShape {
  const whole = head('cmpl', 'text_completion', parts);
  return {
    head: whole,
    chunkHead: whole,
    whole: (text) => ({ text }),
    piece: (text) => ({ text }),
    openChoice: () => textWriter((text) => ({ text })),
    opens: false,
    logprobs: parts.logprobs ? textLogprobs : () => null,
  };
}
