import { defineFilter, describeValue, HalfspaceError, type TextFilter } from '@halfspace/contracts';
import { withinTime } from './within-time.js';

/** Texts that are matched together, and for how many milliseconds at most, where matches take a few thousandths of one. */
const BATCH = 32;
const BATCH_MS = 500;

/** What words are made of: letters with their marks, digits and the underscore, of any script. */
const WORD_CHARACTER = String.raw`[\p{L}\p{M}\p{N}_]`;

/**
 * A filter that keeps words out of a completion, whole words, in any case and however they are tokenised.
 *
 * A word counts as soon as the text ends with it: a completion could end there. So "sin" is refused though
 * "since" might have come of it; "since" is still written by tokens that get past "sin" at once, which
 * tokenizers have for all but rare words. The alternative, to wait for the character after it, would
 * leave a model that means "sin" no way out but to lengthen it. The prompt is not looked at.
 *
 * Words are compared in Unicode normal form C. A hyphen or an apostrophe ends a word. Scripts that put no
 * spaces between words need a {@link patternFilter}.
 *
 * @param words - Words or phrases; any white space matches the white space of a phrase.
 * @throws HalfspaceError `bad-filter` when there are none, or one is empty or no text
 */
export function wordFilter(words: readonly string[]): TextFilter {
  if (!Array.isArray(words) || words.some((word: unknown) => typeof word !== 'string')) {
    throw new HalfspaceError('bad-filter', 'A word filter needs a list of words.');
  }
  const trimmed = words.map((word) => word.normalize('NFC').trim());
  if (trimmed.length === 0 || trimmed.includes('')) {
    throw new HalfspaceError('bad-filter', 'A word filter needs at least one word, and none may be empty.');
  }
  const choices = trimmed
    .map((word) =>
      word
        .split(/\s+/)
        .map(escape)
        .join(String.raw`\s+`),
    )
    .join('|');
  const forbidden = new RegExp(`(?<!${WORD_CHARACTER})(?:${choices})(?!${WORD_CHARACTER})`, 'iu');
  return refuse('words', (text) => forbidden.test(text.normalize('NFC')));
}

/**
 * A filter that keeps a completion from matching a regular expression, after whichever token it might end.
 * What only a continuation would make harmless is refused, too: `/sin(?!ce)/` refuses "sin".
 *
 * A pattern that can be matched in too many ways, such as `/(.*)*x/`, is stopped, wherever it is run in Node: the completion ends with the
 * error `filter-failed`, whose `cause` is a HalfspaceError `pattern-too-slow`.
 *
 * @param pattern - The flags `g` and `y` mean nothing here.
 * @throws HalfspaceError `bad-filter` for anything but a regular expression
 */
export function patternFilter(pattern: RegExp): TextFilter {
  if (!(pattern instanceof RegExp)) {
    throw new HalfspaceError('bad-filter', `${describeValue(pattern)} is no regular expression.`);
  }
  const forbidden = new RegExp(pattern, pattern.flags.replaceAll(/[gy]/g, ''));
  let tooSlow: HalfspaceError | undefined;
  return defineFilter({
    name: 'pattern',
    allows({ prefix, candidates }) {
      // Once is enough: other completions need not wait for it, too.
      if (tooSlow !== undefined) throw tooSlow;
      const onLate = () => (tooSlow = slowPattern(forbidden, prefix.length));
      const allowed: boolean[] = [];
      for (let start = 0; start < candidates.length; start += BATCH) {
        const batch = candidates.slice(start, start + BATCH);
        const judge = () => batch.map(({ text }) => !forbidden.test(prefix + text));
        allowed.push(...withinTime(BATCH_MS, judge, onLate));
      }
      return allowed;
    },
  });
}

function slowPattern(pattern: RegExp, length: number): HalfspaceError {
  return new HalfspaceError(
    'pattern-too-slow',
    `The pattern ${String(pattern)} is not done with ${BATCH} texts of some ${length} characters after ${BATCH_MS} ms, because it can be matched in too many ways. Write it without repetitions inside repetitions, or next to each other.`,
  );
}

function refuse(name: string, isForbidden: (text: string) => boolean): TextFilter {
  return defineFilter({
    name,
    allows: ({ prefix, candidates }) => candidates.map(({ text }) => !isForbidden(prefix + text)),
  });
}

function escape(text: string): string {
  return text.replaceAll(/[$()*+./?[\\\]^{|}]/g, String.raw`\$&`);
}
