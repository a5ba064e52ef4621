import type { Candidate, Tokenizer } from '@halfspace/contracts';
import type { TextAssembler } from './text-assembler.js';

/** A token as a candidate for what follows the text of an assembler. Frozen, because plugins share it. */
export function candidateOf(token: number, assembler: TextAssembler, tokenizer: Tokenizer): Candidate {
  const ends = tokenizer.endTokens.has(token);
  const { text, stopped } = assembler.preview(ends ? NOTHING : tokenizer.bytes(token));
  return Object.freeze({ token, text, end: ends || stopped });
}

const NOTHING = new Uint8Array();
