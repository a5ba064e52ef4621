import { type AST, RegExpParser } from '@eslint-community/regexpp';
import { type CodeRange, chars, choice, EMPTY, repeat, type Rule, sequence } from '../rule/rule.js';
import { ALL_CHARACTERS, intersectRanges, otherRanges, span } from '../rule/ranges.js';
import type { Refuse } from './refuse.js';

/** The most times that something is repeated. */
const MOST_TIMES = 1024;

const DIGITS = [span('0', '9')];
const WORD = [span('0', '9'), span('A', 'Z'), span('_', '_'), span('a', 'z')];
const SPACES: readonly CodeRange[] = [
  [0x09, 0x0d],
  [0x20, 0x20],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
];
const LINE_ENDS: readonly CodeRange[] = [
  [0x0a, 0x0a],
  [0x0d, 0x0d],
  [0x2028, 0x2029],
];

const ANYTHING = repeat(chars(...ALL_CHARACTERS), 0);

/**
 * The texts that a regular expression finds something in, as JSON Schema reads it: anywhere, unless it has anchors.
 *
 * @param source - In the syntax of JavaScript with the flag `u`.
 */
export function patternRule(source: string, refuse: Refuse): Rule {
  let pattern: AST.Pattern;
  try {
    pattern = new RegExpParser().parsePattern(source, undefined, undefined, { unicode: true });
  } catch (error) {
    return refuse(
      `has the pattern ${JSON.stringify(source)}, which is no regular expression (${error instanceof Error ? error.message : ''})`,
    );
  }
  const context: PatternContext = {
    refuse: (what) =>
      refuse(`has the pattern ${JSON.stringify(source)}, and ${what} in patterns is not supported`),
  };
  return choice(...pattern.alternatives.map((each) => whole(each, context)));
}

interface PatternContext {
  readonly refuse: Refuse;
}

/** An alternative of the whole pattern: before and after it may be anything, but for anchors. */
function whole({ elements }: AST.Alternative, context: PatternContext): Rule {
  const [only] = elements;
  // Written by programs: a group with the whole pattern, without anchors of its own.
  if (elements.length === 1 && isGroup(only)) {
    return choice(...only.alternatives.map((each) => whole(each, context)));
  }
  const starts = isAnchor(elements[0], 'start');
  const ends = isAnchor(elements[elements.length - 1], 'end');
  const inside = elements.slice(starts ? 1 : 0, ends ? -1 : undefined);
  return sequence(
    starts ? EMPTY : ANYTHING,
    ...inside.map((each) => ruleOf(each, context)),
    ends ? EMPTY : ANYTHING,
  );
}

function isGroup(element: AST.Element | undefined): element is AST.Group | AST.CapturingGroup {
  return element?.type === 'Group' || element?.type === 'CapturingGroup';
}

function isAnchor(element: AST.Element | undefined, kind: 'start' | 'end'): boolean {
  return element?.type === 'Assertion' && element.kind === kind;
}

function ruleOf(element: AST.Element, context: PatternContext): Rule {
  switch (element.type) {
    case 'Character':
      return chars([element.value, element.value]);
    case 'CharacterClass':
    case 'CharacterSet':
      return chars(...rangesOf(element, context));
    case 'Group':
    case 'CapturingGroup':
      if (element.type === 'Group' && element.modifiers !== null) return context.refuse('a modifier');
      return choice(
        ...element.alternatives.map((each) =>
          sequence(...each.elements.map((part) => ruleOf(part, context))),
        ),
      );
    case 'Quantifier': {
      const { min, max } = element;
      if (min > MOST_TIMES) return context.refuse(`more than ${MOST_TIMES} repetitions`);
      return repeat(
        ruleOf(element.element, context),
        min,
        max === Infinity ? undefined : Math.min(max, MOST_TIMES),
      );
    }
    case 'Assertion':
      return context.refuse(
        element.kind === 'start' || element.kind === 'end'
          ? 'an anchor inside'
          : `an assertion (${element.raw})`,
      );
    case 'Backreference':
      return context.refuse('a back reference');
    default:
      return context.refuse(element.raw);
  }
}

type ClassPart = AST.CharacterClass | AST.CharacterSet | AST.CharacterClassElement;

function rangesOf(part: ClassPart, context: PatternContext): readonly CodeRange[] {
  switch (part.type) {
    case 'Character':
      return [[part.value, part.value]];
    case 'CharacterClassRange':
      return [[part.min.value, part.max.value]];
    case 'CharacterClass': {
      const ranges = part.elements.flatMap((each) => rangesOf(each as ClassPart, context));
      return part.negate ? otherRanges(ranges) : intersectRanges(ranges, ALL_CHARACTERS);
    }
    case 'CharacterSet':
      return setRanges(part);
    default:
      return context.refuse(part.raw);
  }
}

function setRanges(set: AST.CharacterSet): readonly CodeRange[] {
  switch (set.kind) {
    case 'any':
      return otherRanges(LINE_ENDS);
    case 'digit':
      return set.negate ? otherRanges(DIGITS) : DIGITS;
    case 'space':
      return set.negate ? otherRanges(SPACES) : SPACES;
    case 'word':
      return set.negate ? otherRanges(WORD) : WORD;
    default:
      return propertyRanges(set.raw);
  }
}

/** Characters of a Unicode property, found by asking about each. */
function propertyRanges(raw: string): CodeRange[] {
  const has = new RegExp(`^${raw}$`, 'u');
  const ranges: [number, number][] = [];
  for (const [first, last] of ALL_CHARACTERS) {
    for (let code = first; code <= last; code++) {
      if (!has.test(String.fromCodePoint(code))) continue;
      const before = ranges[ranges.length - 1];
      if (before?.[1] === code - 1) before[1] = code;
      else ranges.push([code, code]);
    }
  }
  return ranges;
}
