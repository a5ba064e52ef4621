import { intersectRanges } from '../rule/ranges.js';
import { type CodeRange, chars, choice, oneOf, repeat, type Rule, sequence, text } from '../rule/rule.js';

/** Characters that JSON writes by another one behind a backslash, by their code points. */
const SHORT_ESCAPES = new Map([
  [0x08, 'b'],
  [0x09, 't'],
  [0x0a, 'n'],
  [0x0c, 'f'],
  [0x0d, 'r'],
  [0x22, '"'],
  [0x5c, '\\'],
]);

/** Characters that stand for themselves in a JSON string. */
const PLAIN: readonly CodeRange[] = [
  [0x20, 0x21],
  [0x23, 0x5b],
  [0x5d, 0xd7ff],
  [0xe000, 0x10ffff],
];

/** Any character of a JSON string. Escapes by number are not written: what they stand for is. */
export const STRING_CHARACTER: Rule = choice(chars(...PLAIN), sequence(text('\\'), oneOf('"\\/bfnrt')));

/** The most characters of a string that has a limit. */
export const MOST_CHARACTERS = 1024;

/** A JSON string of any characters. */
export function anyString(character: Rule, min: number, max: number | undefined): Rule {
  const most = max === undefined ? undefined : Math.min(max, MOST_CHARACTERS);
  return quoted(repeat(character, min, most));
}

/** A JSON string. */
export function quoted(inside: Rule): Rule {
  return sequence(text('"'), inside, text('"'));
}

/** What JSON writes for a text of a rule: characters that it escapes are escaped. */
export function encoded(rule: Rule): Rule {
  switch (rule.kind) {
    case 'text':
      return text(JSON.stringify(rule.text).slice(1, -1));
    case 'chars':
      return encodedCharacters(rule.ranges);
    case 'sequence':
      return sequence(...rule.parts.map(encoded));
    case 'choice':
      return choice(...rule.options.map(encoded));
    case 'repeat':
      return repeat(encoded(rule.rule), rule.min, rule.max);
    case 'ref':
      return rule;
  }
}

function encodedCharacters(ranges: readonly CodeRange[]): Rule {
  const escaped = [...SHORT_ESCAPES].filter(([code]) =>
    ranges.some(([first, last]) => first <= code && code <= last),
  );
  const plain = intersectRanges(ranges, PLAIN);
  return choice(
    ...(plain.length > 0 ? [chars(...plain)] : []),
    ...escaped.map(([, letter]) => text(`\\${letter}`)),
  );
}

/** How few and how many characters the texts of a rule without refs have. */
export function lengthsOf(rule: Rule): { readonly min: number; readonly max: number } {
  switch (rule.kind) {
    case 'text': {
      const length = Array.from(rule.text).length;
      return { min: length, max: length };
    }
    case 'chars':
      return { min: 1, max: 1 };
    case 'sequence':
      return rule.parts.map(lengthsOf).reduce((a, b) => ({ min: a.min + b.min, max: a.max + b.max }));
    case 'choice':
      return rule.options
        .map(lengthsOf)
        .reduce((a, b) => ({ min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) }), {
          min: Infinity,
          max: 0,
        });
    case 'repeat': {
      const one = lengthsOf(rule.rule);
      return { min: one.min * rule.min, max: one.max === 0 ? 0 : one.max * (rule.max ?? Infinity) };
    }
    case 'ref':
      return { min: 0, max: Infinity };
  }
}
