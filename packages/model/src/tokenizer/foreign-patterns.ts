import { HalfspaceError, withinTime } from '@halfspace/core';
import { isJsonObject } from '../json-object.js';
import { KNOWN_PATTERNS } from './known-patterns.js';

/** Milliseconds that encoding may take: some thousand times what a short text takes. */
const BASE_MS = 2000;
const MS_PER_CHARACTER = 0.2;

/** Characters of all patterns of a tokenizer.json: a hundred times what others have. Longer ones take gigabytes to be made ready. */
const LONGEST_PATTERNS = 2 ** 16;

/** Patterns of a tokenizer.json, regular expressions and plain texts. */
function* patternsIn(
  tokenizer: unknown,
): Generator<{ readonly kind: 'Regex' | 'String'; readonly pattern: string }> {
  const waiting = [tokenizer];
  while (waiting.length > 0) {
    const part = waiting.pop();
    if (Array.isArray(part)) for (const each of part) waiting.push(each);
    if (!isJsonObject(part)) continue;
    for (const kind of ['Regex', 'String'] as const) {
      const pattern = part[kind];
      if (typeof pattern === 'string') yield { kind, pattern };
    }
    // Vocabulary and merges are long, and have no patterns.
    for (const [key, each] of Object.entries(part))
      if (key !== 'model' && key !== 'added_tokens') waiting.push(each);
  }
}

/** The first regular expression of a tokenizer.json that is not known to take a time that grows with the text alone. */
function foreignPattern(tokenizer: unknown): string | undefined {
  for (const { kind, pattern } of patternsIn(tokenizer))
    if (kind === 'Regex' && !KNOWN_PATTERNS.has(pattern)) return pattern;
  return undefined;
}

/**
 * Refuses a tokenizer.json with patterns that are too long to be made ready, which nothing can stop once it has begun.
 *
 * @throws HalfspaceError `pattern-too-slow`
 */
export function assertShortPatterns(name: string, tokenizer: unknown): void {
  let length = 0;
  for (const { pattern } of patternsIn(tokenizer)) length += pattern.length;
  if (length <= LONGEST_PATTERNS) return;
  throw new HalfspaceError(
    'pattern-too-slow',
    `${name} splits texts by patterns of ${length} characters; there may be ${LONGEST_PATTERNS}. Such a tokenizer cannot be used; fetch the model from a place that you trust.`,
  );
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
