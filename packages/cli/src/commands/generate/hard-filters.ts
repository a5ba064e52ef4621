import { type Filter, patternFilter, wordFilter } from '@halfspace/core';
import type { ForbidFlags } from '../../options/forbid.js';
import { readWords } from '../../data/read-words.js';

/**
 * The filters that keep what the flags forbid out of every completion. Words that begin with `@` name files of them.
 *
 * @throws HalfspaceError as `readWords`, and `bad-filter`
 */
export async function hardFilters(
  { forbid = [], forbidPattern = [] }: ForbidFlags,
  signal: AbortSignal,
): Promise<Filter[]> {
  const lists = forbid.map(async (word) =>
    word.startsWith('@') ? readWords(word.slice(1), signal) : [word],
  );
  const words = (await Promise.all(lists)).flat();
  return [...(words.length > 0 ? [wordFilter(words)] : []), ...forbidPattern.map(patternFilter)];
}
