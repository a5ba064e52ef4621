import { describe, expect, it } from 'vitest';
import { createTokenTree } from './token-tree.js';

const added = { token: 7, precision: 'f32', asPrompt: true } as const;

describe('slots of the token tree', () => {
  it('have the rows of a call first, and the tokens that are kept of them, as often as one is kept', () => {
    const tree = createTokenTree();
    const [first = -1, second = -1] = tree.takeSlots(2);
    const nodes = [tree.append(undefined, added, second), tree.append(undefined, added, second)];
    expect(nodes.map(({ slot }) => slot)).toEqual([second, second]);
    const contexts = nodes.map((node) => tree.open(node, { length: 1, precision: 'f32', tip: {} }));
    for (const slot of [first, second]) tree.freeSlot(slot);
    expect(tree.append(undefined, added).slot).toBe(first);
    for (const context of contexts) {
      expect(tree.takeSlots(1)).not.toEqual([second]);
      tree.close(context);
    }
    expect(tree.takeSlots(1)).toEqual([second]);
  });

  it('are given back when the last of the contexts is closed that rows were run for', () => {
    const tree = createTokenTree();
    const open = () => tree.open(undefined, { length: 0, precision: 'f32', tip: {} });
    const [one, other] = [open(), open()];
    let called = 0;
    tree.whenClosed([one, other, one], () => called++);
    tree.close(one);
    expect(called).toBe(0);
    tree.close(other);
    expect(called).toBe(1);
    tree.whenClosed([one, other], () => called++);
    expect(called).toBe(2);
  });
});
