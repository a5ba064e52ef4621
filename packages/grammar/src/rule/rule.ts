/** First and last code point of a range, both inside. */
export type CodeRange = readonly [first: number, last: number];

/** What a text may be: a node of a context-free grammar. */
export type Rule =
  | { readonly kind: 'text'; readonly text: string }
  /** One character of some ranges. */
  | { readonly kind: 'chars'; readonly ranges: readonly CodeRange[] }
  | { readonly kind: 'sequence'; readonly parts: readonly Rule[] }
  /** One of several; nothing at all can be one of none. */
  | { readonly kind: 'choice'; readonly options: readonly Rule[] }
  | { readonly kind: 'repeat'; readonly rule: Rule; readonly min: number; readonly max: number | undefined }
  /** A rule of the grammar, by its name. */
  | { readonly kind: 'ref'; readonly name: string };

/** Rules by their names, of which `root` is the text. */
export type Grammar = ReadonlyMap<string, Rule>;

/** What no text is. */
export const NEVER: Rule = { kind: 'choice', options: [] };

/** The empty text. */
export const EMPTY: Rule = { kind: 'text', text: '' };

/** Just this text. */
export function text(value: string): Rule {
  return { kind: 'text', text: value };
}

/** One character. */
export function chars(...ranges: readonly CodeRange[]): Rule {
  return ranges.length === 0 ? NEVER : { kind: 'chars', ranges };
}

/** One character of some. */
export function oneOf(characters: string): Rule {
  return chars(...Array.from(characters, (each): CodeRange => [codeOf(each), codeOf(each)]));
}

/** One after the other. */
export function sequence(...parts: readonly Rule[]): Rule {
  const flat = parts.flatMap((part) => (part.kind === 'sequence' ? part.parts : [part]));
  if (flat.some(isNever)) return NEVER;
  const some = flat.filter((part) => !isEmpty(part));
  if (some.length <= 1) return some[0] ?? EMPTY;
  return { kind: 'sequence', parts: some };
}

/** Any of them. */
export function choice(...options: readonly Rule[]): Rule {
  const flat = options.flatMap((option) => (option.kind === 'choice' ? option.options : [option]));
  return flat.length === 1 ? flat[0] : { kind: 'choice', options: flat };
}

/** Several times. */
export function repeat(rule: Rule, min: number, max?: number): Rule {
  if (max !== undefined && max < min) return NEVER;
  if (max === 0) return EMPTY;
  if (isNever(rule)) return min === 0 ? EMPTY : NEVER;
  if (min === 1 && max === 1) return rule;
  return { kind: 'repeat', rule, min, max };
}

/** It, or nothing. */
export function optional(rule: Rule): Rule {
  return repeat(rule, 0, 1);
}

/** A rule by its name. */
export function ref(name: string): Rule {
  return { kind: 'ref', name };
}

export function isNever(rule: Rule): boolean {
  return rule.kind === 'choice' && rule.options.length === 0;
}

function isEmpty(rule: Rule): boolean {
  return rule.kind === 'text' && rule.text === '';
}

/** The code point of a character. */
export function codeOf(character: string): number {
  return character.codePointAt(0) as number;
}
