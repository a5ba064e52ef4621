import { ALL_CHARACTERS, otherRanges } from '../rule/ranges.js';
import {
  chars,
  choice,
  codeOf,
  EMPTY,
  type Grammar,
  ref,
  repeat,
  type Rule,
  sequence,
  text,
} from '../rule/rule.js';

/**
 * Rules of a text in which calls begin nowhere, or of one that ends in calls: as soon as their sign is written, they follow. Where
 * calls have no sign of their own, they are all that there is, and a text begins otherwise.
 *
 * @param open - What stands before a call: its sign, if it is not empty, and what follows the sign.
 * @param head - What a call begins with.
 * @param rest - The rule of what follows the head.
 */
export function textUntil(open: string, head: string, rest: string): { start: string; rules: Grammar } {
  const sign = open.trim();
  const isAnywhere = sign !== '';
  const trigger = isAnywhere ? sign : head;
  const after = isAnywhere
    ? sequence(text(open.slice(open.indexOf(sign) + sign.length) + head), ref(rest))
    : ref(rest);
  const rules = new Map<string, Rule>([['any', repeat(chars(...ALL_CHARACTERS), 0)]]);
  for (let at = 0; at < trigger.length; at++) {
    const next = new Map<string, Rule>();
    const others: string[] = [];
    for (const character of new Set(trigger)) {
      const state = isAnywhere ? longestEnd(trigger, trigger.slice(0, at) + character) : 0;
      if (character === trigger[at])
        next.set(character, at + 1 === trigger.length ? after : ref(`until${at + 1}`));
      else if (isAnywhere && state > 0) next.set(character, ref(`until${state}`));
      else continue;
      others.push(character);
    }
    const all = otherRanges(others.map((each) => [codeOf(each), codeOf(each)] as const));
    const rule = choice(
      EMPTY,
      ...[...next].map(([character, to]) => sequence(text(character), to)),
      sequence(chars(...all), ref(isAnywhere ? 'until0' : 'any')),
    );
    rules.set(`until${at}`, rule);
  }
  return { start: 'until0', rules };
}

/** How many characters of a text's beginning another one ends in. */
function longestEnd(whole: string, written: string): number {
  for (let length = Math.min(whole.length - 1, written.length); length > 0; length--)
    if (written.endsWith(whole.slice(0, length))) return length;
  return 0;
}
