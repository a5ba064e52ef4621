import type { TextStep, Tokenizer } from '@halfspace/contracts';
import { candidateOf } from './candidate.js';
import type { TextAssembler } from './text-assembler.js';

/** A text that plugins may be asked about. */
interface AskedText {
  readonly prompt: { readonly text: string };
  readonly assembler: TextAssembler;
}

/** A text with some candidates for its next token, as plugins see it. */
export function textStep(
  { prompt, assembler }: AskedText,
  tokens: readonly number[],
  tokenizer: Tokenizer,
): TextStep {
  const candidates = tokens.map((token) => candidateOf(token, assembler, tokenizer));
  return { prompt: prompt.text, prefix: assembler.text, candidates: Object.freeze(candidates) };
}
