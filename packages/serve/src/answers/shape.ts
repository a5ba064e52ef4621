import { randomUUID } from 'node:crypto';
import type { Tokenizer } from '@halfspace/core';
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

/** Chat completions. */
export function chatShape(parts: HeadParts, tokenizer: Tokenizer): AnswerShape {
  const whole = head('chatcmpl', 'chat.completion', parts);
  return {
    head: whole,
    chunkHead: { ...whole, object: 'chat.completion.chunk' },
    whole: (content) => ({ message: { role: 'assistant', content, refusal: null, annotations: [] } }),
    piece: (content, first) => ({
      delta: first ? { role: 'assistant', content, refusal: null } : content === '' ? {} : { content },
    }),
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
    opens: false,
    logprobs: parts.logprobs ? textLogprobs : () => null,
  };
}
