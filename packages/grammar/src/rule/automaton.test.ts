import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMatcherClient, type MatcherClient } from '../masks/matcher-client.js';
import { determinise, TooLarge } from './automaton.js';
import { chars, choice, type Grammar, ref, repeat, type Rule, sequence, text } from './rule.js';
import { writeEbnf } from './write-ebnf.js';

const LETTERS = ['a', 'b', '-', 'é'];
const MOST = 4;
const END = 256;

let client: MatcherClient;
beforeAll(() => {
  const bytes = Uint8Array.from({ length: 256 }, (_, byte) => byte);
  const ends = Uint32Array.from({ length: 257 }, (_, token) => Math.min(256, token + 1));
  client = createMatcherClient({ bytes, ends, endTokens: [END] });
});
afterAll(() => client.end());

/** All texts of the letters, up to some length, that the library takes. */
async function taken(grammar: Grammar): Promise<string[]> {
  await client.compile(writeEbnf(grammar));
  const found: string[] = [];
  const go = (written: string): void => {
    const tokens = Int32Array.from(new TextEncoder().encode(written));
    const answer = client.ask({ kind: 'after', begun: '', tokens });
    const mask = answer.kind === 'mask' ? answer.mask : new Int32Array();
    if (!mask.some((word) => word !== 0)) return;
    if (has(mask, END)) found.push(written);
    if (written.length < MOST) for (const letter of LETTERS) go(written + letter);
  };
  go('');
  return found.sort();
}

function has(mask: Int32Array, token: number): boolean {
  return ((mask[token >>> 5] >>> (token & 31)) & 1) === 1;
}

/** The same by counting all texts up. */
function language(grammar: Grammar, rule: Rule): Set<string> {
  const short = (texts: Iterable<string>) => new Set([...texts].filter((each) => each.length <= MOST));
  const product = (some: Iterable<string>, others: Iterable<string>) =>
    short([...some].flatMap((one) => [...others].map((other) => one + other)));
  switch (rule.kind) {
    case 'text':
      return short([rule.text]);
    case 'chars':
      return new Set(
        LETTERS.filter((each) =>
          rule.ranges.some(
            ([first, last]) => first <= (each.codePointAt(0) ?? 0) && (each.codePointAt(0) ?? 0) <= last,
          ),
        ),
      );
    case 'ref':
      return language(grammar, grammar.get(rule.name) as Rule);
    case 'choice':
      return new Set(rule.options.flatMap((option) => [...language(grammar, option)]));
    case 'sequence':
      return rule.parts.reduce<Set<string>>(
        (all, part) => product(all, language(grammar, part)),
        new Set(['']),
      );
    case 'repeat': {
      const one = language(grammar, rule.rule);
      let some = new Set(['']);
      const all = new Set<string>();
      for (let times = 0; times <= (rule.max ?? MOST); times++) {
        if (times >= rule.min) for (const each of some) all.add(each);
        some = product(some, one);
      }
      return all;
    }
  }
}

const words = fc.constantFrom('a', 'b', '-', 'aa', 'ab', 'ba', '-a', '-b', 'é', 'aab').map(text);
const leaf = fc.oneof(
  words,
  words,
  fc.constantFrom(ref('x'), ref('y'), chars([97, 98]), chars([0x61, 0xff]), chars([0xe0, 0x20ac])),
);
const { rule } = fc.letrec<{ rule: Rule }>((tie) => ({
  rule: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('rule'), { minLength: 2, maxLength: 3 }).map((options) => choice(...options)),
    fc.tuple(tie('rule'), tie('rule')).map((parts) => sequence(...parts)),
    fc.tuple(tie('rule'), fc.nat(1), fc.nat(2)).map(([each, min, more]) => repeat(each, min, min + more)),
  ),
}));

describe('determinise', () => {
  test('keeps the texts of a grammar, and the library takes just these', async () => {
    await fc.assert(
      fc.asyncProperty(rule, words, words, words, async (root, one, two, three) => {
        const grammar = new Map([
          ['root', root],
          ['x', choice(one, two)],
          ['y', sequence(three, ref('x'))],
        ]);
        expect(await taken(determinise(grammar, 1000))).toEqual([...language(grammar, root)].sort());
      }),
      { numRuns: 150 },
    );
  });

  test('is needed: the library takes other texts of a rule that is not deterministic', async () => {
    const grammar = new Map([['root', choice(text('bb'), text('-aa'), text('-ab'))]]);
    expect(await taken(grammar)).toContain('ba');
    expect(await taken(determinise(grammar, 1000))).toEqual(['-aa', '-ab', 'bb']);
  });

  test('refuses what takes too many states', () => {
    const twice = (each: Rule): Rule => repeat(choice(each, sequence(each, each)), 0, 100);
    const grammar = new Map([['root', twice(twice(twice(text('a'))))]]);
    expect(() => determinise(grammar, 1000)).toThrow(TooLarge);
  });
});
