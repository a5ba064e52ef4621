import type { LabelledText } from '@halfspace/subspace';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { shardOf } from './shard-rows.js';

const rowsOf = (prompts: readonly number[]) =>
  prompts.map((prompt, i): LabelledText => ({
    prompt: String(prompt),
    response: String(i),
    label: i % 2,
    group: '',
  }));

async function shards(rows: readonly LabelledText[], of: number, keepTogether: boolean) {
  const found: LabelledText[][] = [];
  for (let index = 1; index <= of; index++) {
    const part: LabelledText[] = [];
    for await (const row of await shardOf(rows, { index, of }, keepTogether)) part.push(row);
    found.push(part);
  }
  return found;
}

it('puts every row into one shard, in order, and as many into each', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.nat(3), { minLength: 7, maxLength: 40 }),
      fc.integer({ min: 1, max: 7 }),
      async (prompts, of) => {
        const parts = await shards(rowsOf(prompts), of, false);
        expect(parts.flat()).toEqual(rowsOf(prompts));
        const sizes = parts.map(({ length }) => length);
        expect(Math.max(...sizes) - Math.min(...sizes)).toBeLessThanOrEqual(1);
      },
    ),
  );
});

it('keeps rows of a prompt together where it must', async () => {
  const parts = await shards(rowsOf([1, 1, 1, 2, 2, 3]), 3, true);
  expect(parts.map((part) => part.map(({ prompt }) => prompt).join(''))).toEqual(['111', '22', '3']);
});

it('refuses more shards than there are rows to put into them', async () => {
  const refused = { code: 'too-little-data' };
  await expect(shardOf(rowsOf([1, 1]), { index: 1, of: 3 }, false)).rejects.toMatchObject(refused);
  await expect(shardOf(rowsOf([1, 1]), { index: 1, of: 2 }, true)).rejects.toMatchObject(refused);
});
