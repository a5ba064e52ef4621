import type { Tokenizer } from '@halfspace/contracts';

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/** Text of a token by itself: a part of a character shows as U+FFFD; a special token has none. */
export function tokenText(tokenizer: Tokenizer, token: number): string {
  return utf8.decode(tokenizer.bytes(token));
}
