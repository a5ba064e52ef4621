import { expect, it } from 'vitest';
import { inTurns } from './in-turns.js';

/** Work that takes some milliseconds of the thread. */
function busy(item: number): number {
  const until = performance.now() + 5;
  while (performance.now() < until);
  return item * 2;
}

it('maps in order, and lets others have their turn', async () => {
  let turns = 0;
  const timer = setInterval(() => turns++);
  expect(await inTurns([...Array(60).keys()], busy)).toEqual([...Array(60).keys()].map((item) => 2 * item));
  clearInterval(timer);
  expect(turns).toBeGreaterThan(1);
});

it('ends when it is aborted on the way, and with what the work throws', async () => {
  const controller = new AbortController();
  let done = 0;
  setTimeout(() => controller.abort());
  const work = inTurns(Array(10_000).fill(0), () => busy(done++), controller.signal);
  await expect(work).rejects.toMatchObject({ code: 'aborted' });
  expect(done).toBeLessThan(5_000);
  const fails = inTurns([1], () => {
    throw new Error('no');
  });
  await expect(fails).rejects.toThrow('no');
});
