const WORD = /[\p{L}\p{N}]+(?:['’][\p{L}\p{N}]+)*/gu;
const NEGATION = /^(?:no|not|never|none|nothing|nobody|nowhere|neither|nor|cannot|without|\p{L}+n['’]t)$/u;
/** Words at the beginning of a text that are a feature together, at most. */
const LONGEST_BEGINNING = 3;

/** The words of a text in small letters; `don't` is one. */
export function wordsOf(text: string): string[] {
  return text.toLowerCase().match(WORD) ?? [];
}

/** Whether a word of {@link wordsOf} denies something, such as `not`, `nobody` or `can't`. */
export function isNegation(word: string): boolean {
  return NEGATION.test(word);
}

/**
 * The words that are there, pairs of neighbours such as `no one`, and beginnings of up to three words, such as `^no one has`. Each counts once.
 */
export function nGramsOf(words: readonly string[]): Set<string> {
  const pairs = words.slice(1).map((word, i) => `${words[i]} ${word}`);
  const beginnings = words.slice(0, LONGEST_BEGINNING).map((_, i) => `^${words.slice(0, i + 1).join(' ')}`);
  return new Set([...words, ...pairs, ...beginnings]);
}
