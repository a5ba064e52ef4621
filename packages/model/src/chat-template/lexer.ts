import { TemplateError } from './template-error.js';

/** White space as Python has it: not U+FEFF, which is white space in JavaScript. */
export const SPACE = String.raw`\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000`;

/** A piece of a template. `value` of a string is what it stands for. */
export interface Token {
  readonly type:
    | 'text'
    | 'begin'
    | 'end'
    | 'print'
    | 'name'
    | 'string'
    | 'integer'
    | 'float'
    | 'operator'
    | 'eof';
  readonly value: string;
}

const TRAILING_SPACE = new RegExp(`[${SPACE}]$`);
const ONLY_SPACE = new RegExp(`^[${SPACE}]+$`);
const OPENING = /\{[%{#][-+]?/g;
const RAW = new RegExp(`\\{%[-+]?[${SPACE}]*raw[${SPACE}]*(?:-%\\}[${SPACE}]*|%\\})`, 'y');
const END_RAW = new RegExp(`\\{%[-+]?[${SPACE}]*endraw[${SPACE}]*(?:\\+%\\}|-%\\}[${SPACE}]*|%\\}\\n?)`, 'g');
const END_COMMENT = new RegExp(`\\+#\\}|-#\\}[${SPACE}]*|#\\}\\n?`, 'g');
const END_BLOCK = new RegExp(`\\+%\\}|-%\\}[${SPACE}]*|%\\}\\n?`, 'y');
const END_PRINT = new RegExp(`-\\}\\}[${SPACE}]*|\\}\\}`, 'y');
const SPACES = new RegExp(`[${SPACE}]+`, 'y');

const PIECES: readonly (readonly [Token['type'], RegExp])[] = [
  ['float', /(?<!\.)(?:\d+_)*\d+(?:(?:\.(?:\d+_)*\d+)?e[+-]?(?:\d+_)*\d+|\.(?:\d+_)*\d+)/iy],
  ['integer', /0b(?:_?[01])+|0o(?:_?[0-7])+|0x(?:_?[\da-f])+|[1-9](?:_?\d)*|0(?:_?0)*/iy],
  ['name', /[\p{XIDS}_][\p{XIDC}]*/uy],
  ['string', /'[^'\\]*(?:\\.[^'\\]*)*'|"[^"\\]*(?:\\.[^"\\]*)*"/sy],
  ['operator', /\/\/|\*\*|==|!=|>=|<=|[-+/*%~[\](){}<>=.:|,;]/y],
];

const CLOSING: Readonly<Record<string, string>> = { '(': ')', '[': ']', '{': '}' };

const ESCAPES: Readonly<Record<string, string>> = {
  '\n': '',
  '\\': '\\',
  "'": "'",
  '"': '"',
  a: '\x07',
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
};

/** What the inside of a string stands for, by Python's rules: what is no escape stays as it is. */
function unescape(inside: string): string {
  return inside.replaceAll(
    /\\(?:x([\dA-Fa-f]{2})|u([\dA-Fa-f]{4})|U([\dA-Fa-f]{8})|([0-7]{1,3})|(.))/gsu,
    (all, ...[x, u, long, octal, other]: (string | undefined)[]) => {
      const hex = x ?? u ?? long;
      if (hex !== undefined) return codePoint(Number.parseInt(hex, 16));
      if (octal !== undefined) return String.fromCharCode(Number.parseInt(octal, 8));
      const character = other ?? all.slice(1);
      if (/^[xuUN]/.test(character)) throw new TemplateError(`A string has the incomplete escape ${all}`);
      const known = ESCAPES[character];
      if (known !== undefined) return known;
      // Python writes such a character as an escape first, so that the backslash before it escapes the escape.
      return `\\${/[^\0-\x7f]/u.test(character) ? named(character) : character}`;
    },
  );
}

function codePoint(code: number): string {
  if (code > 0x10_ff_ff) throw new TemplateError('A string has an escape beyond Unicode');
  return String.fromCodePoint(code);
}

function named(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  const [letter, digits] = code < 0x1_00 ? ['x', 2] : code < 0x1_00_00 ? ['u', 4] : ['U', 8];
  return letter + code.toString(16).padStart(Number(digits), '0');
}

/** Without white space at its end; a pattern for all of it would take a square of its length. */
function trimmedEnd(text: string): string {
  let end = text.length;
  while (end > 0 && TRAILING_SPACE.test(text[end - 1] ?? '')) end -= 1;
  return text.slice(0, end);
}

/**
 * The tokens of a template, with white space left out as `trim_blocks` and `lstrip_blocks` of Jinja2 have it.
 *
 * @throws TemplateError
 */
export function tokenize(template: string): Token[] {
  const source = template.replaceAll(/\r\n?/g, '\n').replace(/\n$/, '');
  const tokens: Token[] = [];
  let place = 0;
  let lineStarts = true;

  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = place;
    return pattern.exec(source)?.[0];
  };
  const add = (type: Token['type'], value: string) => void tokens.push({ type, value });
  const advance = (passed: string) => {
    place += passed.length;
    lineStarts = passed.endsWith('\n');
  };
  /** Text before a tag that begins with `tag`. */
  const addText = (text: string, tag: string) => {
    const lineStart = text.lastIndexOf('\n') + 1;
    const stripsLine = !tag.endsWith('+') && !tag.startsWith('{{') && (lineStart > 0 || lineStarts);
    const kept = tag.endsWith('-')
      ? trimmedEnd(text)
      : stripsLine && ONLY_SPACE.test(text.slice(lineStart))
        ? text.slice(0, lineStart)
        : text;
    if (kept !== '') add('text', kept);
  };
  /** What stands before the next place where a pattern matches, and what matches there. */
  const until = (pattern: RegExp, missing: string): [before: string, found: string] => {
    pattern.lastIndex = place;
    const found = pattern.exec(source);
    if (found === null) throw new TemplateError(missing);
    return [source.slice(place, found.index), found[0]];
  };
  const readInside = (end: RegExp) => {
    const open: string[] = [];
    for (;;) {
      const closed = open.length === 0 ? match(end) : undefined;
      if (closed !== undefined) {
        add('end', '');
        advance(closed);
        return;
      }
      const spaces = match(SPACES);
      if (spaces !== undefined) {
        advance(spaces);
        continue;
      }
      const [type, value] = nextPiece();
      const closing = type === 'operator' ? CLOSING[value] : undefined;
      if (closing !== undefined) open.push(closing);
      if (type === 'operator' && /^[)\]}]$/.test(value) && open.pop() !== value)
        throw new TemplateError(`There is an unexpected ${value}`);
      add(type, type === 'string' ? unescape(value.slice(1, -1)) : value);
      advance(value);
    }
  };
  const nextPiece = (): [Token['type'], string] => {
    for (const [type, pattern] of PIECES) {
      const value = match(pattern);
      if (value !== undefined) return [type, value];
    }
    throw new TemplateError(
      place < source.length ? `There is an unexpected ${source[place]}` : 'A tag has no end',
    );
  };

  for (;;) {
    OPENING.lastIndex = place;
    const found = OPENING.exec(source);
    if (found === null) break;
    const [tag] = found;
    const text = source.slice(place, found.index);
    place = found.index;
    addText(text, tag);
    const raw = match(RAW);
    if (raw !== undefined) {
      advance(raw);
      const [inside, end] = until(END_RAW, 'A raw block has no end');
      addText(inside, /^\{%[-+]?/.exec(end)?.[0] ?? '');
      advance(inside + end);
    } else if (tag.startsWith('{#')) {
      place += tag.length;
      const [inside, end] = until(END_COMMENT, 'A comment has no end');
      advance(inside + end);
    } else {
      add(tag.startsWith('{%') ? 'begin' : 'print', '');
      advance(tag);
      readInside(tag.startsWith('{%') ? END_BLOCK : END_PRINT);
    }
  }
  if (place < source.length) add('text', source.slice(place));
  add('eof', '');
  return tokens;
}
