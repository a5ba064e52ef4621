import { type Filter, patternFilter, wordFilter } from '@halfspace/core';
import type { ForbidFlags } from '../../options/forbid.js';
import { readLines } from '../../data/rows.js';

/**
 * The filters that keep what the flags forbid out of every completion. Words that begin with `@` name files with a word or
 * phrase on every line.
 *
 * @throws HalfspaceError as `readLines`, and `bad-filter`
 */
export async function hardFilters(
  { forbid = [], forbidPattern = [] }: ForbidFlags,
  signal: AbortSignal,
): Promise<Filter[]> {
  const lists = forbid.map(async (word) => (word.startsWith('@') ? linesOf(word.slice(1), signal) : [word]));
  const words = (await Promise.all(lists)).flat();
  return [...(words.length > 0 ? [wordFilter(words)] : []), ...forbidPattern.map(patternFilter)];
}

async function linesOf(path: string, signal: AbortSignal): Promise<string[]> {
  return (await readLines(path, signal)).map(({ text }) => text);
}
