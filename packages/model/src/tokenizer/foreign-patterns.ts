import { HalfspaceError, withinTime } from '@halfspace/core';
import { isJsonObject } from '../json-file.js';
import { KNOWN_PATTERNS } from './known-patterns.js';

/** Milliseconds that encoding may take: some thousand times what a short text takes. */
const BASE_MS = 2000;
const MS_PER_CHARACTER = 0.2;

/** The first regular expression of a tokenizer.json that is not known to take a time that grows with the text alone. */
function foreignPattern(tokenizer: unknown): string | undefined {
  const waiting = [tokenizer];
  while (waiting.length > 0) {
    const part = waiting.pop();
    if (Array.isArray(part)) for (const each of part) waiting.push(each);
    if (!isJsonObject(part)) continue;
    const pattern = part['Regex'];
    if (typeof pattern === 'string' && !KNOWN_PATTERNS.has(pattern)) return pattern;
    // Vocabulary and merges are long, and have no patterns.
    for (const [key, each] of Object.entries(part))
      if (key !== 'model' && key !== 'added_tokens') waiting.push(each);
  }
  return undefined;
}

/**
 * Keeps a regular expression of a tokenizer.json from running without end: some can be matched in more ways than anybody waits for.
 *
 * @param tokenizer - tokenizer.json.
 * @param encode - What encodes a text with it.
 * @returns `encode`, which throws a HalfspaceError `pattern-too-slow` where it takes much longer than any text should
 */
export function boundPatterns<T>(
  name: string,
  tokenizer: unknown,
  encode: (text: string, whole?: boolean) => T,
): (text: string, whole?: boolean) => T {
  const pattern = foreignPattern(tokenizer);
  if (pattern === undefined) return encode;
  return (text, whole) => {
    const limit = Math.round(BASE_MS + text.length * MS_PER_CHARACTER);
    const onLate = () =>
      new HalfspaceError(
        'pattern-too-slow',
        `${name} splits texts by regular expressions, among them ${pattern.slice(0, 200)}, and is not done with ${text.length} characters after ${limit} ms. Such a tokenizer cannot be used; fetch the model from a place that you trust.`,
      );
    return withinTime(limit, () => encode(text, whole), onLate);
  };
}
