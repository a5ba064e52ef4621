import { chars, choice, EMPTY, ref, repeat, type Rule, sequence, text } from '../rule/rule.js';

/** Spaces and tabs of an indentation, at most. */
const MOST_INDENT = 24;

/** What may stand between the parts of a document: nothing, a space, or a new line with its indentation. */
export const SPACE_RULE: Rule = choice(
  EMPTY,
  text(' '),
  sequence(text('\n'), repeat(chars([0x20, 0x20], [0x09, 0x09]), 0, MOST_INDENT)),
);

/** {@link SPACE_RULE} by its name. */
export const SPACE = ref('space');
