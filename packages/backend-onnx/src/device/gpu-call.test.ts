import { describe, expect, it } from 'vitest';
import { createTokenTree } from '../token-tree.js';
import { gpuCall } from './gpu-call.js';

const added = (token: number) => ({ token, precision: 'gpu-f32', asPrompt: true }) as const;

/** Slots that each row sees, in the order of the line. */
function seen({ rows, line, lineOfHeads }: ReturnType<typeof gpuCall>, mask: Float32Array): number[][] {
  return Array.from({ length: rows }, (_, row) =>
    Array.from({ length: line }, (__, column) => column)
      .filter((column) => mask[row * line + column] === 0)
      .map((column) => Number(lineOfHeads[column]) / 2),
  );
}

describe('a call of the trunk of a GPU', () => {
  const tree = createTokenTree();
  const first = tree.append(undefined, added(1));
  const left = tree.append(first, added(2));
  const right = tree.append(first, added(3));
  const [a = 0, b = 0, c = 0, d = 0] = tree.takeSlots(4);
  const branches = [
    { parent: left, length: 2, tokens: [8, 9], shape: 'chain' },
    { parent: right, length: 2, tokens: [8, 9], shape: 'fan' },
  ] as const;

  it('has every ancestor once in its line, and shows each row its own text', () => {
    const call = gpuCall(branches, [a, b, c, d], 2);
    expect(call.line).toBe(16);
    const slots = [first.slot, left.slot, right.slot, a, b, c, d];
    expect([...call.lineOfHeads].slice(0, 7)).toEqual(slots.map((slot) => BigInt(slot * 2)));
    expect([...call.lineOfHeads].slice(16, 23)).toEqual(slots.map((slot) => BigInt(slot * 2 + 1)));
    expect(seen(call, call.mask)).toEqual([
      [first.slot, left.slot, a],
      [first.slot, left.slot, a, b],
      [first.slot, right.slot, c],
      [first.slot, right.slot, d],
    ]);
    expect([...call.positions].map(Number)).toEqual([2, 3, 2, 2]);
    expect([...call.rowSlots].map(Number)).toEqual([a, b, c, d]);
  });

  it('shows blocks with a window the nearest tokens alone', () => {
    const call = gpuCall(branches, [a, b, c, d], 2, 2);
    expect(seen(call, call.windowMask ?? new Float32Array())).toEqual([
      [left.slot, a],
      [a, b],
      [right.slot, c],
      [right.slot, d],
    ]);
  });
});
