import type { Tokenizer } from '@halfspace/contracts';

const known = new WeakMap<Tokenizer, readonly number[]>();

/**
 * The tokens that can go on with a character, whose first byte is none of a character: single bytes, and longer pieces. They are
 * looked for once a tokenizer, among all of its tokens.
 */
export function continuationTokens(tokenizer: Tokenizer): readonly number[] {
  const found = known.get(tokenizer) ?? find(tokenizer);
  known.set(tokenizer, found);
  return found;
}

function find(tokenizer: Tokenizer): number[] {
  const tokens: number[] = [];
  for (let token = 0; token < tokenizer.vocabularySize; token++) {
    if (tokenizer.endTokens.has(token)) continue;
    const [first = 0] = tokenizer.bytes(token);
    if (first >= 0x80 && first < 0xc0) tokens.push(token);
  }
  return tokens;
}
