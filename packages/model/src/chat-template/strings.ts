import { bind } from './arguments.js';
import { formatBraces, padded } from './format.js';
import { SPACE } from './lexer.js';
import { replaceEach } from './replace-each.js';
import { notRendered, TemplateError } from './template-error.js';
import {
  characters,
  charactersBetween,
  integerOf,
  isList,
  iterate,
  lengthOf,
  textOf,
  Tuple,
  Undefined,
  type Named,
  type Value,
} from './values.js';
import type { Work } from './work.js';

const SPACE_CHARACTER = new RegExp(`[${SPACE}]`);
const SPACES = new RegExp(`[${SPACE}]+`, 'g');
const LINE = new RegExp(String.raw`\r\n|[\n\v\f\r\x1c-\x1e\x85\u2028\u2029]`, 'g');

const WORD = new RegExp(`[^-${SPACE}({\\[<]+`, 'g');

/** Letters whose title case is another letter than their upper case. */
const TITLE_ONLY = /[ǄǅǆǇǈǉǊǋǌǱǲǳ\u1f80-\u1fff\u10d0-\u10ff]/u;

/** A text without white space, or without any of some characters, at its ends. */
export function strip(
  text: string,
  which: Value | undefined,
  side: 'left' | 'right' | 'both',
  work: Work,
): string {
  work.text(text.length);
  const set =
    which === undefined || which === null ? undefined : new Set(characters(work.plain(textOf(which)), work));
  const goes = (character: string) =>
    set ? set.has(work.plain(character)) : SPACE_CHARACTER.test(character);
  let [start, end] = [0, text.length];
  while (side !== 'right' && start < end) {
    const character = String.fromCodePoint(text.codePointAt(start) ?? 0);
    if (!goes(character)) break;
    start += character.length;
  }
  while (side !== 'left' && end > start) {
    const pair = end - start > 1 && /[\ud800-\udbff][\udc00-\udfff]/.test(text.slice(end - 2, end));
    const character = text.slice(end - (pair ? 2 : 1), end);
    if (!goes(character)) break;
    end -= character.length;
  }
  return text.slice(start, end);
}

function titled(character: string): string {
  const upper = character.toUpperCase();
  if (TITLE_ONLY.test(character) || Array.from(upper).length > 1)
    throw notRendered(`The title case of ${character}`);
  return upper;
}

/** A text whose first letter is large and whose others are small. */
export function capitalize(text: string, work: Work): string {
  work.text(text.length);
  const [first = ''] = text;
  return (first === '' ? '' : titled(first)) + text.slice(first.length).toLowerCase();
}

/** The filter `title`, which takes words to begin behind white space, hyphens and opening brackets. */
export function titleWords(text: string, work: Work): string {
  return replaceEach(text, WORD, ([word]) => upperFirst(word), work);
}

function upperFirst(part: string): string {
  const [first = ''] = part;
  return first.toUpperCase() + part.slice(first.length).toLowerCase();
}

/** The method `title`, which takes words to begin behind whatever is no letter. */
function titleLetters(text: string, work: Work): string {
  let inside = false;
  return characters(text, work)
    .map((character) => {
      const changed = inside ? character.toLowerCase() : isCased(character) ? titled(character) : character;
      inside = isCased(character);
      return changed;
    })
    .join('');
}

const isCased = (character: string) => /[\p{Uppercase}\p{Lowercase}\p{Lt}]/u.test(character);

/** Lines of a text, without what ends them. */
export function splitLines(text: string, keepEnds: boolean, work: Work): string[] {
  work.text(text.length);
  const lines: string[] = [];
  let start = 0;
  for (const { 0: end, index } of text.matchAll(LINE)) {
    work.spend();
    lines.push(text.slice(start, index + (keepEnds ? end.length : 0)));
    start = index + end.length;
  }
  if (start < text.length) lines.push(text.slice(start));
  return lines;
}

/** Parts of a text between the places where another one, which is not empty, is found; marks do not hide it. */
function partsBetween(text: string, by: string, work: Work): string[] {
  const [plain, wanted] = [work.plain(text), work.plain(by)];
  const parts: string[] = [];
  let start = 0;
  for (let at = plain.indexOf(wanted); at >= 0; at = plain.indexOf(wanted, start)) {
    work.spend();
    parts.push(text.slice(start, at));
    start = at + by.length;
  }
  return [...parts, text.slice(start)];
}

/** Length of parts of a text with what stands between them. */
function lengthWith(parts: readonly string[], by: string): number {
  return parts.reduce((sum, part) => sum + part.length, by.length * Math.max(0, parts.length - 1));
}

/** A text with some of a text's occurrences, or all, replaced by another one. */
export function replaceText(text: string, old: string, by: string, most: number, work: Work): string {
  work.text(text.length);
  const parts = old === '' ? ['', ...characters(text, work), ''] : partsBetween(text, old, work);
  const count = most < 0 ? parts.length - 1 : Math.min(most, parts.length - 1);
  work.text(text.length + count * by.length);
  const replaced = parts.slice(0, count + 1);
  return replaced.join(by) + text.slice(lengthWith(replaced, old));
}

/** Items of a list, as texts, with a text between them. */
export function joinTexts(items: readonly string[], separator: string, work: Work): string {
  work.text(items.reduce((sum, item) => sum + item.length + separator.length, 0));
  return items.join(separator);
}

function splitSpaces(text: string, most: number, fromEnd: boolean, work: Work): string[] {
  const inner = strip(text, null, 'both', work);
  if (inner === '') return [];
  const gaps: { readonly index: number; readonly length: number }[] = [];
  for (const { 0: gap, index } of inner.matchAll(SPACES)) {
    work.spend(4);
    gaps.push({ index, length: gap.length });
  }
  const kept =
    most < 0 || gaps.length <= most ? gaps : fromEnd ? gaps.slice(gaps.length - most) : gaps.slice(0, most);
  const parts: string[] = [];
  let start = 0;
  // What is left when there were enough splits keeps the white space at its own end.
  const whole = fromEnd ? strip(text, null, 'right', work) : strip(text, null, 'left', work);
  const source = most >= 0 && gaps.length >= most ? whole : inner;
  const shift = fromEnd ? source.length - inner.length : 0;
  for (const { index, length } of kept) {
    parts.push(source.slice(start, index + shift));
    start = index + shift + length;
  }
  return [...parts, source.slice(start)];
}

function split(text: string, args: readonly (Value | undefined)[], fromEnd: boolean, work: Work): Value {
  const [separator = null, limit = -1] = args;
  const most = integerOf(limit);
  if (separator === null) return splitSpaces(text, most, fromEnd, work);
  const by = textOf(separator);
  if (by === '') throw new TemplateError('A text is split by nothing');
  work.text(text.length);
  const parts = partsBetween(text, by, work);
  if (most < 0 || parts.length - 1 <= most) return parts;
  const at = fromEnd ? parts.length - most : most;
  const border = lengthWith(parts.slice(0, at), by);
  // What is not split keeps what stands between its parts.
  if (fromEnd) return [text.slice(0, border), ...parts.slice(at)];
  return [...parts.slice(0, at), text.slice(at === 0 ? 0 : border + by.length)];
}

/** Part of a text between two places counted in characters, as slices have them. */
function part(
  text: string,
  [start, end]: readonly (Value | undefined)[],
  work: Work,
): [part: string, start: number] | undefined {
  if (start === undefined && end === undefined) return [text, 0];
  const length = lengthOf(text, work);
  const place = (value: Value | undefined, otherwise: number) => {
    const index = value === undefined || value === null ? otherwise : integerOf(value);
    return index < 0 ? Math.max(0, length + index) : index;
  };
  const from = place(start, 0);
  const to = Math.min(place(end, length), length);
  return from > to ? undefined : [charactersBetween(text, from, to, work), from];
}

function startsOrEnds(
  text: string,
  args: readonly (Value | undefined)[],
  holds: (text: string, affix: string) => boolean,
  work: Work,
): boolean {
  const [affix = null, ...bounds] = args;
  const found = part(text, bounds, work);
  const affixes = affix instanceof Tuple ? affix.items : [affix];
  return affixes.map(textOf).some((each) => {
    work.text(each.length);
    return found !== undefined && holds(work.plain(found[0]), work.plain(each));
  });
}

function find(text: string, args: readonly (Value | undefined)[], last: boolean, work: Work): number {
  const [wanted = null, ...bounds] = args;
  work.text(text.length);
  const found = part(text, bounds, work);
  if (found === undefined) return -1;
  const [inside, from] = found;
  const [plain, each] = [work.plain(inside), work.plain(textOf(wanted))];
  const at = last ? plain.lastIndexOf(each) : plain.indexOf(each);
  return at < 0 ? -1 : from + lengthOf(inside.slice(0, at), work);
}

function found(place: number): number {
  if (place < 0) throw new TemplateError('A text does not hold what its index is asked of');
  return place;
}

function count(text: string, args: readonly (Value | undefined)[], work: Work): number {
  const [wanted = null, ...bounds] = args;
  work.text(text.length);
  const inside = part(text, bounds, work);
  const each = textOf(wanted);
  if (inside === undefined) return 0;
  return each === '' ? lengthOf(inside[0], work) + 1 : partsBetween(inside[0], each, work).length - 1;
}

function partition(text: string, separator: Value | undefined, last: boolean, work: Work): Value {
  const by = textOf(separator ?? null);
  work.text(text.length);
  if (by === '') throw new TemplateError('A text is split by nothing');
  const [plain, each] = [work.plain(text), work.plain(by)];
  const at = last ? plain.lastIndexOf(each) : plain.indexOf(each);
  if (at < 0) return new Tuple(last ? ['', '', text] : [text, '', '']);
  const end = at + by.length;
  return new Tuple([text.slice(0, at), text.slice(at, end), text.slice(end)]);
}

/** Whether a text has characters and each of them is of a class. */
function every(text: string, one: RegExp, unclear: RegExp | undefined, work: Work): boolean {
  work.text(text.length);
  const plain = work.plain(text);
  if (unclear?.test(plain)) throw notRendered('Whether such characters are digits');
  return plain !== '' && one.test(plain);
}

/** Whether all letters of a text that come in two cases are of one, and there are some. */
export function isCase(text: string, other: RegExp, own: RegExp, work: Work): boolean {
  work.text(text.length);
  return own.test(text) && !other.test(text);
}

/** {@link isCase} for `islower`. */
export const isLower = (text: string, work: Work) =>
  isCase(text, /[\p{Uppercase}\p{Lt}]/u, /\p{Lowercase}/u, work);

/** {@link isCase} for `isupper`. */
export const isUpper = (text: string, work: Work) =>
  isCase(text, /[\p{Lowercase}\p{Lt}]/u, /\p{Uppercase}/u, work);

/** Numbers whose kind JavaScript cannot tell. */
const UNCLEAR_DIGITS = /\p{No}|\p{Nl}/u;

type Method = (text: string, args: readonly (Value | undefined)[], work: Work) => Value;

const METHODS: Readonly<Record<string, readonly [parameters: string, method: Method]>> = {
  capitalize: ['', (text, _, work) => capitalize(text, work)],
  center: ['width fillchar', (text, args, work) => aligned(text, args, 'both', work)],
  count: ['sub start end', count],
  endswith: [
    'suffix start end',
    (text, args, work) => startsOrEnds(text, args, (a, b) => a.endsWith(b), work),
  ],
  find: ['sub start end', (text, args, work) => find(text, args, false, work)],
  index: ['sub start end', (text, args, work) => found(find(text, args, false, work))],
  isalnum: ['', (text, _, work) => every(text, /^[\p{L}\p{Nd}]+$/u, UNCLEAR_DIGITS, work)],
  isalpha: ['', (text, _, work) => every(text, /^\p{L}+$/u, undefined, work)],
  isascii: ['', (text, _, work) => text === '' || every(text, /^[\0-\x7f]+$/u, undefined, work)],
  isdecimal: ['', (text, _, work) => every(text, /^\p{Nd}+$/u, undefined, work)],
  isdigit: ['', (text, _, work) => every(text, /^\p{Nd}+$/u, UNCLEAR_DIGITS, work)],
  islower: ['', (text, _, work) => isLower(text, work)],
  isnumeric: ['', (text, _, work) => every(text, /^\p{Nd}+$/u, /[\p{No}\p{Nl}\p{Script=Han}]/u, work)],
  isspace: ['', (text, _, work) => every(text, new RegExp(`^[${SPACE}]+$`), undefined, work)],
  isupper: ['', (text, _, work) => isUpper(text, work)],
  join: ['iterable', (text, [items = null], work) => joinTexts(iterate(items, work).map(textOf), text, work)],
  ljust: ['width fillchar', (text, args, work) => aligned(text, args, 'left', work)],
  lower: ['', (text) => text.toLowerCase()],
  lstrip: ['chars', (text, [chars], work) => strip(text, chars, 'left', work)],
  partition: ['sep', (text, [by], work) => partition(text, by, false, work)],
  removeprefix: [
    'prefix',
    (text, [p = null], work) =>
      work.plain(text).startsWith(work.plain(textOf(p))) ? text.slice(textOf(p).length) : text,
  ],
  removesuffix: [
    'suffix',
    (text, [s = null], work) =>
      work.plain(text).endsWith(work.plain(textOf(s))) ? text.slice(0, text.length - textOf(s).length) : text,
  ],
  replace: [
    'old new count',
    (text, [old = null, by = null, most = -1], work) =>
      replaceText(text, textOf(old), textOf(by), integerOf(most), work),
  ],
  rfind: ['sub start end', (text, args, work) => find(text, args, true, work)],
  rindex: ['sub start end', (text, args, work) => found(find(text, args, true, work))],
  rjust: ['width fillchar', (text, args, work) => aligned(text, args, 'right', work)],
  rpartition: ['sep', (text, [by], work) => partition(text, by, true, work)],
  rsplit: ['sep maxsplit', (text, args, work) => split(text, args, true, work)],
  rstrip: ['chars', (text, [chars], work) => strip(text, chars, 'right', work)],
  split: ['sep maxsplit', (text, args, work) => split(text, args, false, work)],
  splitlines: ['keepends', (text, [keep = false], work) => splitLines(text, keep === true, work)],
  startswith: [
    'prefix start end',
    (text, args, work) => startsOrEnds(text, args, (a, b) => a.startsWith(b), work),
  ],
  strip: ['chars', (text, [chars], work) => strip(text, chars, 'both', work)],
  swapcase: ['', (text, _, work) => swapped(text, work)],
  title: ['', (text, _, work) => titleLetters(text, work)],
  upper: ['', (text) => text.toUpperCase()],
  zfill: ['width', (text, [width = null], work) => zeros(text, integerOf(width), work)],
};

/** Methods whose parameters have names; those of all others are given by place alone. */
const NAMED: ReadonlySet<string> = new Set(['rsplit', 'split', 'splitlines']);

/** Methods of Python's texts that are left out. */
const OTHERS: ReadonlySet<string> = new Set(
  'casefold encode expandtabs format_map isidentifier isprintable istitle maketrans translate'.split(' '),
);

function aligned(
  text: string,
  args: readonly (Value | undefined)[],
  side: 'left' | 'right' | 'both',
  work: Work,
): string {
  const [width = null, fill = ' '] = args;
  if (lengthOf(textOf(fill), work) !== 1) throw new TemplateError('A field is filled with one character');
  return padded(text, integerOf(width), side, textOf(fill), work);
}

function zeros(text: string, width: number, work: Work): string {
  const sign = /^[-+]/.exec(text)?.[0] ?? '';
  return sign + padded(text.slice(sign.length), width - sign.length, 'right', '0', work);
}

function swapped(text: string, work: Work): string {
  const swap = (character: string) =>
    /\p{Uppercase}/u.test(character) ? character.toLowerCase() : character.toUpperCase();
  return characters(text, work).map(swap).join('');
}

/** What a text has under a name: a method, or `undefined` for what Python's texts do not have. */
export function textMethod(
  text: string,
  name: string,
  work: Work,
): ((positional: readonly Value[], named: Named) => Value) | undefined {
  if (name === 'format') return (positional, named) => formatBraces(text, positional, named, work);
  const entry = Object.hasOwn(METHODS, name) ? METHODS[name] : undefined;
  if (entry === undefined) {
    if (OTHERS.has(name) || name.startsWith('__')) throw notRendered(`The method ${name} of texts`);
    return undefined;
  }
  const parameters = entry[0].split(' ').filter((each) => each !== '');
  return (positional, named) => {
    if (named.size > 0 && !NAMED.has(name) && !(name === 'replace' && named.has('count')))
      throw new TemplateError(`${name} takes no arguments by name`);
    const args = bind(name, parameters, positional, named);
    for (const argument of args) if (argument instanceof Undefined) throw argument.error;
    for (const argument of args)
      if (argument !== undefined && isList(argument) && name !== 'join') textOf(argument);
    work.text(text.length);
    return entry[1](text, args, work);
  };
}
