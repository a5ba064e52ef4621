import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createSlots, spanOf, type Copy, type Exchange, type Placed, type TextBlock } from './slots.js';
import { createTokenTree, type TokenNode } from './token-tree.js';
import { blocksOf, divide, trunkCall, type Branch } from './trunk-call.js';

const BLOCK = 16;
const added = { token: 7, precision: 'f32', asPrompt: true } as const;

/** A tree over a store that says of each slot which token's keys and values are there. */
function setUp() {
  const tree = createTokenTree(0, BLOCK);
  const store: (TokenNode | undefined)[] = [];
  function copy(copies: readonly Copy[]): void {
    for (const { from, to } of copies)
      from.map((slot) => store[slot]).forEach((node, index) => (store[to + index] = node));
  }
  function exchange(pairs: readonly Exchange[]): void {
    for (const [one, other] of pairs)
      for (let place = 0; place < BLOCK; place++) {
        const [a, b] = [one * BLOCK + place, other * BLOCK + place];
        [store[a], store[b]] = [store[b], store[a]];
      }
  }
  /** Adds tokens after a text, which the last of them holds. */
  function grow(parent: TokenNode | undefined, count: number): TokenNode | undefined {
    let last = parent;
    tree.hold(last);
    for (let index = 0; index < count; index++) {
      const before = last;
      last = tree.append(before, added);
      store[last.slot] = last;
      copy(tree.seal(last));
      tree.hold(last);
      tree.drop(before);
    }
    return last;
  }
  function branchOf(parent: TokenNode | undefined): Branch {
    return { parent, length: parent?.length ?? 0, tokens: [1], shape: 'fan' };
  }
  /** The tokens of a text as a call would read them. */
  function read(last: TokenNode | undefined): (TokenNode | undefined)[] {
    const [{ past, rest } = { past: [], rest: [] }] = divide([branchOf(last)], BLOCK);
    return [
      ...past.flatMap(({ at }) => store.slice(at * BLOCK, (at + 1) * BLOCK)),
      ...rest.map(({ slot }) => store[slot]),
    ];
  }
  function tokensOf(last: TokenNode | undefined): TokenNode[] {
    const tokens: TokenNode[] = [];
    for (let node = last; node !== undefined; node = node.parent) tokens.unshift(node);
    return tokens;
  }
  return { tree, grow, branchOf, read, tokensOf, exchange };
}

describe('blocks of a text', () => {
  it('has as many whole ones as it can, in the order of its tokens', () => {
    const { grow, branchOf } = setUp();
    const last = grow(undefined, 3 * BLOCK + 5);
    const [branch] = divide([branchOf(last)], BLOCK);
    expect(branch?.past.map(({ count }) => count)).toEqual([1, 2, 3]);
    expect(branch?.rest).toHaveLength(5);
  });

  it('takes no more of the store than its tokens and one block', () => {
    const { tree, grow } = setUp();
    const last = grow(undefined, 100 * BLOCK + 3);
    expect(tree.extent).toBeLessThanOrEqual(102 * BLOCK);
    tree.drop(last);
    expect(tree.extent).toBe(0);
  });

  it('shares those of a prompt, and does not copy the end of a prompt for texts that add less than it', () => {
    const { tree, grow, branchOf } = setUp();
    const prompt = grow(undefined, 2 * BLOCK + 12);
    const before = tree.extent;
    const texts = Array.from({ length: 10 }, () => grow(prompt, 8));
    const { shared, own } = blocksOf(divide(texts.map(branchOf), BLOCK));
    expect(shared).toHaveLength(2);
    // The first of them has the end of the prompt in a block; the others would only copy it.
    expect(own).toHaveLength(1);
    expect(tree.extent - before).toBeLessThan(10 * 8 + 2 * BLOCK);
    const longer = texts.map((text) => grow(text, BLOCK));
    expect(blocksOf(divide(longer.map(branchOf), BLOCK)).own).toHaveLength(20);
  });

  it('reads what its tokens have, whatever grows, is shared, freed and brought together', () => {
    const action = fc.record({
      how: fc.constantFrom('grow', 'fork', 'drop', 'arrange'),
      which: fc.nat(),
      count: fc.integer({ min: 1, max: 3 * BLOCK }),
    });
    fc.assert(
      fc.property(fc.array(action, { maxLength: 40 }), (actions) => {
        const { tree, grow, branchOf, read, tokensOf, exchange } = setUp();
        const live: (TokenNode | undefined)[] = [];
        for (const { how, which, count } of actions) {
          const at = which % Math.max(1, live.length);
          if (how === 'fork' || live.length === 0) live.push(grow(live[at], count));
          else if (how === 'grow') {
            const last = live[at];
            live[at] = grow(last, count);
            tree.drop(last);
          } else if (how === 'drop') tree.drop(live.splice(at, 1)[0]);
          else {
            const some = live.filter((_, index) => (index + which) % 3 > 0);
            const { shared, own } = blocksOf(divide(some.map(branchOf), BLOCK));
            exchange(tree.arrange([shared, own]));
            const spans = spanOf(shared).count + spanOf(own).count;
            expect(spans).toBeLessThanOrEqual(2 * (shared.length + own.length));
          }
          for (const last of live) expect(read(last)).toEqual(tokensOf(last));
        }
        for (const last of live) tree.drop(last);
        expect(tree.extent).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('lie together where they lay among others', () => {
    const slots = createSlots<Placed>(2);
    const placed = () => {
      const node: Placed = { slot: slots.take(), block: undefined };
      slots.settle(node);
      return node;
    };
    const blocks = Array.from({ length: 12 }, () => {
      const nodes = [placed(), placed()];
      slots.seal(nodes, undefined);
      return nodes[1]?.block as TextBlock;
    });
    const wanted = blocks.filter((_, index) => index % 3 === 0);
    expect(spanOf(wanted).count).toBe(10);
    expect(slots.arrange([wanted]).length).toBeLessThanOrEqual(4);
    expect(spanOf(wanted).count).toBe(4);
    expect(slots.arrange([wanted])).toEqual([]);
  });
});

describe('a call', () => {
  const sizes = { heads: 9, keyValueHeads: 3, block: BLOCK };

  it('copies less than two blocks of a text, however long it is', () => {
    for (const length of [40, 4000]) {
      const { grow, branchOf } = setUp();
      const { rest, whole } = trunkCall(divide([branchOf(grow(undefined, length))], BLOCK), sizes);
      expect(rest.blocks * rest.places).toBeLessThan(2 * BLOCK);
      expect(whole.own.count).toBe(Math.floor(length / BLOCK));
      expect(whole.shared.count).toBe(0);
      // One row of three heads for each head of keys.
      expect(whole.own.queries).toBe(3);
    }
  });

  it('reads a prompt once for all texts that go on from it', () => {
    const { grow, branchOf } = setUp();
    const prompt = grow(undefined, 20 * BLOCK);
    const texts = Array.from({ length: 8 }, () => branchOf(grow(prompt, 3)));
    const { whole, rest } = trunkCall(divide(texts, BLOCK), sizes);
    expect(whole.shared).toMatchObject({ count: 20, queries: 24 });
    expect(whole.own.count).toBe(0);
    expect(rest.blocks * rest.places).toBe(BLOCK);
  });

  it('puts nothing together where all texts are of one block', () => {
    const { grow, branchOf } = setUp();
    const short = branchOf(grow(undefined, 3));
    const long = branchOf(grow(undefined, BLOCK));
    expect(trunkCall(divide([short, short], BLOCK), sizes).whole.itemsOfRow).toBe(1);
    expect(trunkCall(divide([short, long], BLOCK), sizes).whole.itemsOfRow).toBe(16);
  });

  it('reads no more of a text than a window shows', () => {
    const { grow, branchOf } = setUp();
    const { whole, window } = trunkCall(divide([branchOf(grow(undefined, 50 * BLOCK))], BLOCK), {
      ...sizes,
      window: 3 * BLOCK,
    });
    expect(whole.own.count).toBe(50);
    expect(window?.own.count).toBe(3);
  });
});
