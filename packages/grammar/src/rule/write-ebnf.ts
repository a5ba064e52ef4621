import type { CodeRange, Grammar, Rule } from './rule.js';
import { type ByteRanges, utf8Sequences } from './utf8.js';

/** A grammar as the matcher reads it, a line for each rule. */
export function writeEbnf(grammar: Grammar): string {
  return [...grammar].map(([name, rule]) => `${name} ::= ${write(rule, false)}\n`).join('');
}

function write(rule: Rule, inside: boolean): string {
  switch (rule.kind) {
    case 'text':
      return `"${Array.from(rule.text, escaped).join('')}"`;
    case 'chars':
      return writeClass(rule.ranges, inside);
    case 'sequence':
      return rule.parts.map((part) => write(part, true)).join(' ');
    case 'choice': {
      const options = rule.options.map((option) => write(option, false)).join(' | ');
      return inside ? `(${options})` : options;
    }
    case 'repeat': {
      const { min, max } = rule;
      const body = isAtom(rule.rule) ? write(rule.rule, true) : `(${write(rule.rule, false)})`;
      if (max === undefined) return min === 0 ? `${body}*` : `${body}{${min},}`;
      return min === 0 && max === 1 ? `${body}?` : `${body}{${min},${max}}`;
    }
    case 'ref':
      return rule.name;
  }
}

function isAtom({ kind }: Rule): boolean {
  return kind === 'text' || kind === 'ref';
}

/**
 * A class of characters. The library takes what is between brackets as bytes, so that characters beyond ASCII are written as the
 * bytes that they are.
 *
 * @param inside - Whether something stands beside it.
 */
export function writeClass(ranges: readonly CodeRange[], inside: boolean): string {
  const sequences = ranges.flatMap(utf8Sequences);
  const ascii = sequences.filter((bytes) => bytes.length === 1).flat();
  const classes = [
    ...(ascii.length > 0 ? [byteClass(ascii)] : []),
    ...sequences
      .filter((bytes) => bytes.length > 1)
      .map((bytes) => bytes.map((byte) => byteClass([byte])).join(' ')),
  ];
  const alternatives = classes.join(' | ');
  return inside && classes.length > 1 ? `(${alternatives})` : alternatives;
}

/** Alone in its class, a byte beyond ASCII would be taken as a character: it stands there twice. */
function byteClass(ranges: ByteRanges): string {
  const written = ranges.map(([first, last]) =>
    first === last ? escapedByte(first) : `${escapedByte(first)}-${escapedByte(last)}`,
  );
  const isAlone = ranges.length === 1 && ranges[0][0] === ranges[0][1];
  return `[${isAlone ? written[0].repeat(2) : written.join('')}]`;
}

function escapedByte(byte: number): string {
  return `\\x${byte.toString(16).padStart(2, '0')}`;
}

function escaped(character: string): string {
  return /[\w !#-,./:-@`{|}~-]/.test(character) ? character : escapedCode(character.codePointAt(0) as number);
}

function escapedCode(code: number): string {
  const hex = code.toString(16).padStart(8, '0');
  return `\\U${hex}`;
}
