import { defineAttribute } from '@halfspace/contracts';

/**
 * Steers away from text that matches a regular expression, the more often the farther. The hard version is
 * `patternFilter` of @halfspace/contracts.
 *
 * @param options - `pattern` needs the flag `g`: its matches are counted.
 */
export function pattern({ name, description, pattern: expression }) {
  return defineAttribute({
    name,
    description,
    score: ({ prefix, candidates }) =>
      candidates.map(({ text }) => 2 - 4 * [...(prefix + text).matchAll(expression)].length),
  });
}
