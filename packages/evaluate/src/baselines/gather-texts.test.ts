import { expect, it } from 'vitest';
import { gatherTexts } from './gather-texts.js';

it('reads what is asked at the same time in one call, each text once', async () => {
  const calls: (readonly string[])[] = [];
  const read = gatherTexts(async (texts) => {
    calls.push(texts);
    return Promise.resolve(texts.map(({ length }) => length));
  });
  expect(await Promise.all([read(['a', 'bcd']), read(['ef', 'a']), read([])])).toEqual([[1, 3], [2, 1], []]);
  expect(calls).toEqual([['a', 'bcd', 'ef']]);
  expect(await read(['bcd'])).toEqual([3]);
  expect(calls).toHaveLength(2);
});

it('fails for all that asked, and for no one after', async () => {
  let fails = true;
  const read = gatherTexts(async (texts) => {
    if (fails) throw new Error('out of luck');
    return Promise.resolve(texts.map(() => 0));
  });
  const [first, second] = await Promise.allSettled([read(['a']), read(['b'])]);
  expect([first.status, second.status]).toEqual(['rejected', 'rejected']);
  fails = false;
  expect(await read(['a'])).toEqual([0]);
});
