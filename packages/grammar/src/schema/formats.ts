import { chars, choice, oneOf, optional, repeat, type Rule, sequence, text } from '../rule/rule.js';
import { span } from '../rule/ranges.js';
import { integers } from './integers.js';

const digit = chars(span('0', '9'));
const lower = chars(span('a', 'z'));
const alphanumeric = chars(span('a', 'z'), span('0', '9'));
const hex = chars(span('0', '9'), span('a', 'f'));

/** From 0, so many digits wide: `00` to `23`. */
function padded(first: number, last: number): Rule {
  const numbers = Array.from({ length: last - first + 1 }, (_, i) => String(first + i).padStart(2, '0'));
  return choice(...numbers.map(text));
}

const year = sequence(chars(span('1', '2')), repeat(digit, 3, 3));
const months = (...numbers: readonly string[]) => choice(...numbers.map(text));
const monthAndDay = choice(
  sequence(months('01', '03', '05', '07', '08', '10', '12'), text('-'), padded(1, 31)),
  sequence(months('04', '06', '09', '11'), text('-'), padded(1, 30)),
  // The 29th is a day of some years only.
  sequence(text('02-'), padded(1, 28)),
);
const date = sequence(year, text('-'), monthAndDay);
const offset = choice(text('Z'), sequence(oneOf('+-'), padded(0, 14), text(':'), padded(0, 59)));
const time = sequence(
  padded(0, 23),
  text(':'),
  padded(0, 59),
  text(':'),
  padded(0, 59),
  optional(sequence(text('.'), repeat(digit, 1, 6))),
  offset,
);

const label = sequence(lower, repeat(alphanumeric, 0, 20));
const hostname = sequence(label, repeat(sequence(text('.'), label), 0, 2));
const word = sequence(
  alphanumeric,
  repeat(alphanumeric, 0),
  repeat(sequence(text('-'), repeat(alphanumeric, 1)), 0),
);
const domain = sequence(word, text('.'), repeat(sequence(word, text('.')), 0), repeat(lower, 2, 12));
const mailbox = repeat(choice(alphanumeric, chars(span('A', 'Z'))), 1);
const email = sequence(mailbox, repeat(sequence(oneOf('._+-'), mailbox), 0), text('@'), domain);

const byte = integers({ min: 0n, max: 255n });
const dotted = (part: Rule, count: number, between: string) =>
  sequence(part, repeat(sequence(text(between), part), count - 1, count - 1));
const uuid = sequence(
  repeat(hex, 8, 8),
  ...Array.from({ length: 3 }, () => sequence(text('-'), repeat(hex, 4, 4))),
  text('-'),
  repeat(hex, 12, 12),
);

const pathCharacter = chars(
  span('a', 'z'),
  span('A', 'Z'),
  span('0', '9'),
  ...['-', '_', '.', '~'].map((each) => span(each, each)),
);
const path = repeat(sequence(text('/'), repeat(pathCharacter, 0)), 0);
const query = optional(sequence(text('?'), repeat(choice(pathCharacter, oneOf('=&')), 1)));
const uri = sequence(text('http'), optional(text('s')), text('://'), domain, path, query);

const count = sequence(chars(span('1', '9')), repeat(digit, 0, 3));
const units = (letters: string) => Array.from(letters, (letter) => sequence(count, text(letter)));
const someOf = (parts: readonly Rule[]) =>
  choice(...parts.map((part, i) => sequence(part, ...parts.slice(i + 1).map(optional))));
const clock = sequence(text('T'), someOf(units('HMS')));
const duration = sequence(
  text('P'),
  choice(clock, sequence(someOf(units('YMD')), optional(clock)), sequence(count, text('W'))),
);

/** What is written for each format of a string: texts that every validator takes, and not all of those. */
export const FORMATS: ReadonlyMap<string, Rule> = new Map([
  ['date', date],
  ['time', time],
  ['date-time', sequence(date, text('T'), time)],
  ['duration', duration],
  ['email', email],
  ['hostname', hostname],
  ['ipv4', dotted(byte, 4, '.')],
  ['ipv6', dotted(repeat(hex, 1, 4), 8, ':')],
  ['uri', uri],
  ['url', uri],
  ['uuid', uuid],
]);
