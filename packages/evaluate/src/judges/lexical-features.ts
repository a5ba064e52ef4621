import { cuss } from 'cuss';

/** What {@link lexicalFeatures} says of a text, in its order. */
export const LEXICAL_FEATURES = ['mild', 'rude', 'offensive', 'starred'] as const;

const WORD = /[\p{L}\p{N}]+(?:['’][\p{L}\p{N}]+)*/gu;
/** A word with letters hidden, such as d*mn. */
const STARRED = /\p{L}[*#@$%]+/u;
/** The longest entries of the list, in words. */
const LONGEST_ENTRY = 4;

/**
 * Whether a text has words of each of three grades of the list `cuss` (unlikely, maybe and likely meant to offend), and
 * whether it has words with letters hidden: 1 or 0 each.
 */
export function lexicalFeatures(text: string): number[] {
  const words = text.toLowerCase().match(WORD) ?? [];
  const found = [0, 0, 0];
  for (let first = 0; first < words.length; first++) {
    for (let count = 1; count <= LONGEST_ENTRY; count++) {
      const entry = words.slice(first, first + count).join(' ');
      if (Object.hasOwn(cuss, entry)) found[cuss[entry]] = 1;
    }
  }
  return [...found, STARRED.test(text) ? 1 : 0];
}
