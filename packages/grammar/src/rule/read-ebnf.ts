import { HalfspaceError } from '@halfspace/contracts';
import {
  choice,
  type CodeRange,
  chars,
  type Grammar,
  repeat,
  type Rule,
  ref,
  sequence,
  text,
} from './rule.js';
import { ALL_CHARACTERS, intersectRanges, otherRanges } from './ranges.js';

/** How deep groups may be inside one another. */
const MOST_DEPTH = 100;
/** The most times that something is repeated, if there is a limit. */
const MOST_TIMES = 4096;

/** Parts of a grammar: white space and comments, names, texts, classes, repetitions, and signs. */
const TOKEN =
  /(?<space>\s+|#[^\n]*)|(?<head>[A-Za-z_][\w.-]*)(?=\s*::=)|(?<name>[A-Za-z_][\w.-]*)|"(?<text>(?:\\.|[^"\\\n])*)"|\[(?<class>(?:\\.|[^\]\\\n])*)\]|\{(?<times>[\d,\s]+)\}|(?<sign>::=|[()|*+?])/gsuy;

interface Token {
  readonly kind: 'head' | 'name' | 'text' | 'class' | 'times' | 'sign';
  readonly value: string;
  readonly line: number;
}

/**
 * Reads a grammar: rules `name ::= …` of texts in quotation marks, classes of characters, names, groups, `|`, `*`, `+`, `?` and
 * `{m,n}`; `#` begins a comment.
 *
 * @throws HalfspaceError `bad-grammar`, saying in which line
 */
export function readEbnf(source: string): Grammar {
  const tokens = tokensOf(source);
  const rules = new Map<string, Rule>();
  const uses: Token[] = [];
  let at = 0;

  const peek = () => tokens[at] as Token | undefined;
  const isSign = (value: string) => peek()?.kind === 'sign' && peek()?.value === value;
  const line = () => (peek() ?? tokens[tokens.length - 1])?.line ?? 1;

  function expect(value: string): void {
    if (!isSign(value)) throw fault(line(), `${JSON.stringify(value)} is missing`);
    at++;
  }

  function readChoice(depth: number): Rule {
    if (depth > MOST_DEPTH) throw fault(line(), `groups are more than ${MOST_DEPTH} levels deep`);
    const options = [readSequence(depth)];
    while (isSign('|')) {
      at++;
      options.push(readSequence(depth));
    }
    return choice(...options);
  }

  function readSequence(depth: number): Rule {
    const parts: Rule[] = [];
    for (let part = readPart(depth); part !== undefined; part = readPart(depth)) parts.push(part);
    if (parts.length === 0)
      throw fault(line(), 'nothing stands where something must; write "" for the empty text');
    return sequence(...parts);
  }

  function readPart(depth: number): Rule | undefined {
    let rule = readAtom(depth);
    if (rule === undefined) return undefined;
    for (let times = readTimes(); times !== undefined; times = readTimes())
      rule = repeat(rule, times.min, times.max);
    return rule;
  }

  function readAtom(depth: number): Rule | undefined {
    const token = peek();
    if (token === undefined || token.kind === 'head') return undefined;
    if (isSign('(')) {
      at++;
      const inside = readChoice(depth + 1);
      expect(')');
      return inside;
    }
    if (token.kind === 'sign') return undefined;
    if (token.kind === 'times')
      throw fault(token.line, 'a repetition stands where nothing is to be repeated');
    at++;
    if (token.kind === 'text') return text(unescaped(token.value, token.line));
    if (token.kind === 'class') return classRule(token);
    uses.push(token);
    return ref(token.value);
  }

  function readTimes(): { readonly min: number; readonly max?: number } | undefined {
    const token = peek();
    if (token?.kind === 'times') {
      at++;
      return timesOf(token);
    }
    const found = token?.kind === 'sign' ? SIGNS.get(token.value) : undefined;
    if (found !== undefined) at++;
    return found;
  }

  while (at < tokens.length) {
    const { kind, value, line: where } = tokens[at];
    if (kind !== 'head')
      throw fault(
        where,
        `${JSON.stringify(value)} stands where a rule must begin, such as root ::= "yes" | "no"`,
      );
    if (rules.has(value)) throw fault(where, `there is a second rule ${value}`);
    at++;
    expect('::=');
    rules.set(value, readChoice(0));
  }
  const unknown = uses.find(({ value }) => !rules.has(value));
  if (unknown !== undefined) throw fault(unknown.line, `there is no rule ${unknown.value}`);
  if (!rules.has('root'))
    throw new HalfspaceError('bad-grammar', 'The grammar has no rule root, which a text is of.');
  return rules;
}

const SIGNS = new Map<string, { readonly min: number; readonly max?: number }>([
  ['*', { min: 0 }],
  ['+', { min: 1 }],
  ['?', { min: 0, max: 1 }],
]);

function tokensOf(source: string): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let end = 0;
  for (const match of source.matchAll(TOKEN)) {
    end = match.index + match[0].length;
    const [found] = Object.entries(match.groups ?? {}).filter(([, value]) => value !== undefined);
    const [kind, value] = found;
    if (kind !== 'space') tokens.push({ kind: kind as Token['kind'], value: value as string, line });
    line += match[0].split('\n').length - 1;
  }
  if (end === source.length) return tokens;
  throw fault(line, `it cannot be read from ${JSON.stringify(source.slice(end, end + 20))} on`);
}

function timesOf({ value, line }: Token): { readonly min: number; readonly max?: number } {
  const [, first, comma, last] = /^\s*(\d+)\s*(,?)\s*(\d*)\s*$/.exec(value) ?? [];
  const min = Number(first);
  const max = comma === '' ? min : last === '' ? undefined : Number(last);
  if (first === undefined || min > MOST_TIMES || (max !== undefined && (max < min || max > MOST_TIMES))) {
    throw fault(line, `{${value}} is no repetition: write {2}, {2,} or {2,5}, with at most ${MOST_TIMES}`);
  }
  return { min, ...(max !== undefined && { max }) };
}

function classRule({ value, line }: Token): Rule {
  const isNegated = value.startsWith('^');
  const codes = Array.from((isNegated ? value.slice(1) : value).matchAll(CHARACTER), ([each]) => ({
    code: unescaped(each, line).codePointAt(0) as number,
    isDash: each === '-',
  }));
  const ranges: CodeRange[] = [];
  for (let i = 0; i < codes.length; i++) {
    const isRange = codes[i + 1]?.isDash === true && codes[i + 2] !== undefined;
    const last = codes[isRange ? i + 2 : i].code;
    if (last < codes[i].code) throw fault(line, `[${value}] has a range that ends before it begins`);
    ranges.push([codes[i].code, last]);
    if (isRange) i += 2;
  }
  const found = isNegated ? otherRanges(ranges) : intersectRanges(ranges, ALL_CHARACTERS);
  if (found.length === 0) throw fault(line, `[${value}] has no characters`);
  return chars(...found);
}

const CHARACTER = /\\(?:x[\da-f]{2}|u[\da-f]{4}|U[\da-f]{8}|.)|./gisu;

const ESCAPES = new Map([
  ['n', '\n'],
  ['r', '\r'],
  ['t', '\t'],
  ['0', '\0'],
]);

/** What a text with escapes stands for. */
function unescaped(value: string, line: number): string {
  return value.replaceAll(CHARACTER, (each) => {
    if (each.length < 2 || each[0] !== '\\') return each;
    const [, kind] = each;
    if (each.length === 2) {
      const found = ESCAPES.get(kind) ?? kind;
      if (/[a-z\d]/i.test(found)) throw fault(line, `there is no escape ${each}`);
      return found;
    }
    const code = Number.parseInt(each.slice(2), 16);
    if (code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) throw fault(line, `${each} is no character`);
    return String.fromCodePoint(code);
  });
}

function fault(line: number, what: string): HalfspaceError {
  return new HalfspaceError('bad-grammar', `The grammar cannot be read: in line ${line} ${what}.`);
}
