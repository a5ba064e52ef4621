import type { Tokenizer } from '@halfspace/contracts';

/** The bytes of all tokens, one after the other: what a worker makes a vocabulary of. */
export interface Vocabulary {
  readonly bytes: Uint8Array;
  /** Where each token ends. */
  readonly ends: Uint32Array;
  readonly endTokens: readonly number[];
}

const known = new WeakMap<Tokenizer, Vocabulary>();

/** The vocabulary of a tokenizer. */
export function vocabularyOf(tokenizer: Tokenizer): Vocabulary {
  const found = known.get(tokenizer) ?? readVocabulary(tokenizer);
  known.set(tokenizer, found);
  return found;
}

function readVocabulary(tokenizer: Tokenizer): Vocabulary {
  const tokens = Array.from({ length: tokenizer.vocabularySize }, (_, token) =>
    tokenizer.endTokens.has(token) ? NOTHING : tokenizer.bytes(token),
  );
  const bytes = new Uint8Array(tokens.reduce((sum, { length }) => sum + length, 0));
  const ends = new Uint32Array(tokens.length);
  let end = 0;
  tokens.forEach((each, token) => {
    bytes.set(each, end);
    end += each.length;
    ends[token] = end;
  });
  return { bytes, ends, endTokens: [...tokenizer.endTokens] };
}

const NOTHING = new Uint8Array();
