import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createPrefixCache, type CacheNode } from './prefix-cache.js';

interface Node extends CacheNode<Node> {
  freed: boolean;
}

/** A cache over texts as lists of tokens. */
function setUp(most: number) {
  const all: Node[] = [];
  const cache = createPrefixCache<Node>(most, (node) => {
    expect(node.freed).toBe(false);
    expect(node.holders).toBe(0);
    expect(node.kept).toBe(0);
    node.freed = true;
  });
  /** Holds a text, of which what is known is used again; the last token. */
  function hold(tokens: readonly number[], group = 'a'): { last: Node | undefined; known: number } {
    let last: Node | undefined;
    let known = 0;
    for (const token of tokens) {
      const found = cache.find(last, group, token);
      if (found === undefined) break;
      last = found;
      known++;
    }
    cache.hold(last);
    for (const token of tokens.slice(known)) {
      const before: Node | undefined = last;
      const links = { parent: before, token, group, children: undefined };
      last = { ...links, keepable: true, holders: 0, kept: 0, listed: false, keptAt: 0, freed: false };
      all.push(last);
      cache.list(last);
      cache.hold(last);
      cache.drop(before);
    }
    return { last, known };
  }
  const alive = () => all.filter(({ freed }) => !freed);
  return { cache, hold, alive };
}

const knows = (most: number, texts: readonly string[], asked: string) => {
  const { cache, hold } = setUp(most);
  const tokens = (text: string) => Array.from(text, (letter) => letter.charCodeAt(0));
  for (const text of texts) cache.drop(hold(tokens(text)).last);
  return hold(tokens(asked)).known;
};

it.each([
  ['the beginning of a text that is gone', 9, ['abcdef'], 'abcxyz', 3],
  ['nothing where it may keep nothing', 0, ['abc'], 'abc', 0],
  ['as much of a beginning as there is room for', 4, ['abcdef'], 'abcdef', 4],
  ['what was used last', 6, ['abcd', 'efgh'], 'efgh', 4],
  ['less of what was used before', 6, ['abcd', 'efgh'], 'abcd', 2],
  ['what texts begin with for as long as one of them is kept', 5, ['abx', 'aby', 'abz'], 'abz', 3],
  ['what was used again', 6, ['abcd', 'ef', 'abcd', 'gh'], 'abcd', 4],
])('knows %s', (_, most, texts, asked, known) => {
  expect(knows(most, texts, asked)).toBe(known);
});

it('keeps groups apart', () => {
  const { cache, hold } = setUp(9);
  cache.drop(hold([1, 2, 3], 'a').last);
  expect(hold([1, 2, 3], 'b').known).toBe(0);
  expect(hold([1, 2, 3], 'a').known).toBe(3);
});

it('holds what is held and no more than it may besides, whatever comes and goes', () => {
  const text = fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 1, maxLength: 8 });
  const action = fc.record({
    tokens: text,
    group: fc.constantFrom('a', 'b'),
    drop: fc.nat(),
    many: fc.nat(3),
  });
  fc.assert(
    fc.property(fc.nat(12), fc.array(action, { maxLength: 60 }), (most, actions) => {
      const { cache, hold, alive } = setUp(most);
      const held: Node[] = [];
      for (const { tokens, group, drop, many } of actions) {
        const { last } = hold(tokens, group);
        if (last !== undefined) held.push(last);
        for (let i = 0; i < many && held.length > 0; i++) {
          cache.drop(held.splice(drop % held.length, 1)[0]);
        }
        const needed = new Set<Node>();
        for (const each of held) {
          for (let node: Node | undefined = each; node !== undefined; node = node.parent) needed.add(node);
        }
        expect([...needed].every(({ freed }) => !freed)).toBe(true);
        expect(alive().length - needed.size).toBe(cache.tokens);
        expect(cache.tokens).toBeLessThanOrEqual(most);
        for (const node of alive()) expect(node.parent?.freed ?? false).toBe(false);
      }
      for (const each of held) cache.drop(each);
      expect(alive()).toHaveLength(cache.tokens);
    }),
  );
});
