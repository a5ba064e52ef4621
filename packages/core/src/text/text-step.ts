import type { TextStep, Tokenizer } from '@halfspace/contracts';
import { candidateOf } from './candidate.js';
import type { PromptTokens } from './encode-text.js';
import type { TextAssembler } from './text-assembler.js';

/** A text that plugins may be asked about. */
interface AskedText {
  readonly prompt: Pick<PromptTokens, 'text' | 'begun'>;
  readonly assembler: TextAssembler;
}

/** A text with some candidates for its next token, as plugins see it. */
export function textStep(
  { prompt, assembler }: AskedText,
  tokens: readonly number[],
  tokenizer: Tokenizer,
): TextStep {
  const candidates = tokens.map((token) => candidateOf(token, assembler, tokenizer));
  return asked(prompt, { prefix: assembler.text, candidates: Object.freeze(candidates) });
}

/** What plugins are asked about: a turn that was begun for the model is one text with what is written. */
export function asked(
  { text, begun = '' }: AskedText['prompt'],
  { prefix, candidates }: Pick<TextStep, 'prefix' | 'candidates'>,
): TextStep {
  return { prompt: text.slice(0, text.length - begun.length), prefix: begun + prefix, candidates };
}
