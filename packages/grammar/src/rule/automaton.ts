import {
  choice,
  chars,
  type CodeRange,
  codeOf,
  EMPTY,
  type Grammar,
  isNever,
  NEVER,
  repeat,
  type Rule,
  sequence,
  text,
} from './rule.js';

/** From a state by one symbol, a class of characters or a named rule, to another state. */
interface Edge {
  readonly symbol: Rule;
  readonly to: number;
}

interface State {
  readonly isFinal: boolean;
  readonly edges: readonly Edge[];
}

/** A grammar that takes more states, or more work to find them, is refused. */
export class TooLarge extends Error {}

/** Characters of keys that are written for one grammar: what most of the work is. */
const MOST_WORK = 60_000_000;

/** Characters that may still be written for the present grammar. */
let work = MOST_WORK;

/**
 * The same grammar with rules of which no two alternatives begin with the same symbol, by derivatives (Brzozowski 1964); named rules
 * are symbols. The library merges states of other rules that are not equal: of `"-aa" | "-ab" | "bb"` it takes `ba`.
 *
 * @throws TooLarge
 */
export function determinise(grammar: Grammar, mostStates: number): Grammar {
  work = MOST_WORK;
  const result = new Map<string, Rule>();
  let total = 0;
  for (const [name, rule] of grammar) {
    const states = statesOf(rule, mostStates - total);
    total += states.length;
    writeStates(name, states, result);
  }
  return result;
}

/**
 * Whether a text is of a rule, in which no other rules are named.
 *
 * @throws TooLarge
 */
export function matches(rule: Rule, value: string): boolean {
  work = MOST_WORK;
  let left = rule;
  for (const character of value) left = derivative(left, chars([codeOf(character), codeOf(character)]));
  return isNullable(left);
}

/**
 * Whether some text is of both of two rules, in which no other rules are named.
 *
 * @throws TooLarge
 */
export function overlap(a: Rule, b: Rule, mostStates: number): boolean {
  work = MOST_WORK;
  const seen = new Set<string>();
  const waiting: [Rule, Rule][] = [[a, b]];
  for (const [one, other] of waiting) {
    if (isNullable(one) && isNullable(other)) return true;
    const symbols: Rule[] = [];
    collectFirsts(one, symbols);
    collectFirsts(other, symbols);
    for (const [first] of partition(symbols.flatMap((each) => (each.kind === 'chars' ? each.ranges : [])))) {
      const symbol = chars([first, first]);
      const next: [Rule, Rule] = [derivative(one, symbol), derivative(other, symbol)];
      if (next.some(isNever)) continue;
      const key = next.map(keyOf).join();
      if (seen.has(key)) continue;
      if (seen.size >= mostStates) throw new TooLarge();
      seen.add(key);
      waiting.push(next);
    }
  }
  return false;
}

function statesOf(root: Rule, most: number): State[] {
  const numbers = new Map<string, number>();
  const waiting: Rule[] = [];
  const numberOf = (rule: Rule) => {
    const key = keyOf(rule);
    const known = numbers.get(key) ?? numbers.size;
    if (known === numbers.size) {
      if (known >= most) throw new TooLarge();
      numbers.set(key, known);
      waiting.push(rule);
    }
    return known;
  };
  numberOf(root);
  const states: State[] = [];
  for (let i = 0; i < waiting.length; i++)
    states.push({ isFinal: isNullable(waiting[i]), edges: edgesOf(waiting[i], numberOf) });
  return states;
}

function edgesOf(rule: Rule, numberOf: (rule: Rule) => number): Edge[] {
  const symbols: Rule[] = [];
  collectFirsts(rule, symbols);
  const ranges = symbols.flatMap((symbol) => (symbol.kind === 'chars' ? symbol.ranges : []));
  const classes = new Map<string, { readonly next: Rule; readonly ranges: CodeRange[] }>();
  for (const range of partition(ranges)) {
    const next = derivative(rule, chars([range[0], range[0]]));
    if (isNever(next)) continue;
    const key = keyOf(next);
    const found = classes.get(key) ?? { next, ranges: [] };
    classes.set(key, found);
    const last = found.ranges[found.ranges.length - 1];
    if (last?.[1] === range[0] - 1) found.ranges.splice(-1, 1, [last[0], range[1]]);
    else found.ranges.push(range);
  }
  const named = new Map(
    symbols.filter(({ kind }) => kind !== 'chars').map((symbol) => [keyOf(symbol), symbol]),
  );
  return [
    ...[...classes.values()].map(({ next, ranges: of }) => ({ symbol: chars(...of), to: numberOf(next) })),
    ...[...named.values()].map((symbol) => ({ symbol, to: numberOf(derivative(rule, symbol)) })),
  ];
}

/** Symbols that texts of a rule begin with. */
function collectFirsts(rule: Rule, symbols: Rule[]): void {
  switch (rule.kind) {
    case 'text': {
      const [first] = rule.text;
      if (first !== undefined) symbols.push(chars([codeOf(first), codeOf(first)]));
      return;
    }
    case 'chars':
    case 'ref':
      symbols.push(rule);
      return;
    case 'sequence':
      for (const part of rule.parts) {
        collectFirsts(part, symbols);
        if (!isNullable(part)) return;
      }
      return;
    case 'choice':
      for (const option of rule.options) collectFirsts(option, symbols);
      return;
    case 'repeat':
      if (isSymbol(rule)) symbols.push(rule);
      else collectFirsts(rule.rule, symbols);
  }
}

/** What is left of the texts of a rule that begin with a symbol, without it. */
function derivative(rule: Rule, symbol: Rule): Rule {
  switch (rule.kind) {
    case 'text': {
      const [first] = rule.text;
      return first !== undefined && covers(symbol, codeOf(first))
        ? text(rule.text.slice(first.length))
        : NEVER;
    }
    case 'chars':
      return symbol.kind === 'chars' &&
        rule.ranges.some(([first, last]) => first <= symbol.ranges[0][0] && symbol.ranges[0][0] <= last)
        ? EMPTY
        : NEVER;
    case 'ref':
      return keyOf(rule) === keyOf(symbol) ? EMPTY : NEVER;
    case 'sequence': {
      const [first, ...others] = rule.parts;
      const rest = sequence(...others);
      const after = sequence(derivative(first, symbol), rest);
      return isNullable(first) ? union(after, derivative(rest, symbol)) : after;
    }
    case 'choice':
      return union(...rule.options.map((option) => derivative(option, symbol)));
    case 'repeat': {
      if (isSymbol(rule)) return keyOf(rule) === keyOf(symbol) ? EMPTY : NEVER;
      const { min, max } = rule;
      const rest = repeat(rule.rule, Math.max(0, min - 1), max === undefined ? undefined : max - 1);
      return sequence(derivative(rule.rule, symbol), rest);
    }
  }
}

function covers(symbol: Rule, code: number): boolean {
  return symbol.kind === 'chars' && symbol.ranges[0][0] === code;
}

/** A rule by its name, repeated, is a symbol: to count is left to the library. */
function isSymbol({ rule }: Extract<Rule, { kind: 'repeat' }>): boolean {
  return rule.kind === 'ref';
}

function isNullable(rule: Rule): boolean {
  switch (rule.kind) {
    case 'text':
      return rule.text === '';
    case 'chars':
    case 'ref':
      return false;
    case 'sequence':
      return rule.parts.every(isNullable);
    case 'choice':
      return rule.options.some(isNullable);
    case 'repeat':
      return !isSymbol(rule) && (rule.min === 0 || isNullable(rule.rule));
  }
}

/** Alternatives, each once and in one order, so that the same ones are the same rule. */
function union(...options: readonly Rule[]): Rule {
  const flat = options.flatMap((option) => (option.kind === 'choice' ? option.options : [option]));
  const distinct = new Map(flat.map((option) => [keyOf(option), option]));
  return choice(...[...distinct].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, option]) => option));
}

function keyOf(rule: Rule): string {
  const key = JSON.stringify(rule);
  work -= key.length;
  if (work < 0) throw new TooLarge();
  return key;
}

/** The pieces that ranges cut one another into. */
function partition(ranges: readonly CodeRange[]): CodeRange[] {
  const cuts = [...new Set(ranges.flatMap(([first, last]) => [first, last + 1]))].sort((a, b) => a - b);
  return cuts.slice(0, -1).flatMap((first, i): CodeRange[] => {
    const isInside = ranges.some(([from, to]) => from <= first && first <= to);
    return isInside ? [[first, cuts[i + 1] - 1]] : [];
  });
}

/** A rule for each state that several lead to; others stand where they are led to. */
function writeStates(name: string, states: readonly State[], result: Map<string, Rule>): void {
  const arrows = new Map<number, number>();
  for (const { edges } of states) for (const { to } of edges) arrows.set(to, (arrows.get(to) ?? 0) + 1);
  const isNamed = (state: number) => state === 0 || (arrows.get(state) ?? 0) > 1;
  const nameOf = (state: number) => (state === 0 ? name : `${name}_${state}`);

  function bodyOf({ isFinal, edges }: State, depth: number): Rule {
    const options = edges.map(({ symbol, to }) => sequence(symbol, after(to, depth)));
    return choice(...options, ...(isFinal ? [EMPTY] : []));
  }

  function after(state: number, depth: number): Rule {
    const { isFinal, edges } = states[state];
    if (isFinal && edges.length === 0) return EMPTY;
    if (isNamed(state) || depth > MOST_NESTED) {
      pending.add(state);
      return { kind: 'ref', name: nameOf(state) };
    }
    return bodyOf(states[state], depth + 1);
  }

  const pending = new Set([0]);
  for (const state of pending) result.set(nameOf(state), bodyOf(states[state], 0));
}

/** States that stand inside one another. */
const MOST_NESTED = 100;
