import { defineAttribute } from '@halfspace/contracts';

/**
 * Steers away from words without forbidding them: each of them that the text has, whole and in any case, costs
 * as much as the first. The hard version is `wordFilter` of @halfspace/contracts.
 */
export function wordList({ name, description, words }) {
  const listed = new Set(words.map((word) => word.toLowerCase()));
  const countIn = (text) =>
    text
      .toLowerCase()
      .split(/[^\p{L}\p{M}\p{N}_]+/u)
      .filter((word) => listed.has(word)).length;
  return defineAttribute({
    name,
    description,
    // Log-odds: 2 without any of the words, then -2, -6, ...
    score: ({ prefix, candidates }) => candidates.map(({ text }) => 2 - 4 * countIn(prefix + text)),
  });
}
