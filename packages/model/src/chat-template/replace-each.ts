import type { Work } from './work.js';

/** Steps of a match: it costs more than an item of a list. */
const MATCH = 4;

/**
 * A text in which each match of a pattern is replaced. `replaceAll` has all matches in memory before the first of them is replaced;
 * here they are counted one by one.
 *
 * @param pattern - With the flag `g`.
 * @throws TemplateLimitError where there are too many, or the text becomes too long
 */
export function replaceEach(
  text: string,
  pattern: RegExp,
  replace: (match: RegExpExecArray) => string,
  work: Work,
): string {
  work.text(text.length);
  const parts: string[] = [];
  let [start, length] = [0, text.length];
  for (const match of text.matchAll(pattern)) {
    work.spend(MATCH);
    const by = replace(match);
    length += by.length - match[0].length;
    work.text(by.length);
    work.length(length);
    parts.push(text.slice(start, match.index), by);
    start = match.index + match[0].length;
  }
  if (start === 0) return text;
  parts.push(text.slice(start));
  return parts.join('');
}
