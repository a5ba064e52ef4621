import { cuss } from 'cuss';
import { wordsOf } from './words.js';

/** Grades of the list `cuss`: unlikely, maybe and likely meant to offend. */
const GRADES = ['mild', 'rude', 'offensive'] as const;
/** A word with letters hidden, such as d*mn. */
const STARRED = /\p{L}[*#@$%]+/u;
/** The longest entries of the list, in words. */
const LONGEST_ENTRY = 4;

/**
 * Which kinds of rude words a text has, each with a 1: `mild`, `rude` and `offensive` ones by the list `cuss`, and `starred`
 * ones, which have letters hidden.
 */
export function rudeWords(text: string): ReadonlyMap<string, number> {
  const words = wordsOf(text);
  const found = new Map<string, number>();
  for (let first = 0; first < words.length; first++) {
    for (let count = 1; count <= LONGEST_ENTRY; count++) {
      const entry = words.slice(first, first + count).join(' ');
      if (Object.hasOwn(cuss, entry)) found.set(GRADES[cuss[entry]], 1);
    }
  }
  if (STARRED.test(text)) found.set('starred', 1);
  return found;
}
