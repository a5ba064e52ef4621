import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import type { Backend } from '@halfspace/contracts';
import { createHalfspace } from '../plugins/container.js';
import { createToyBackend } from '../testing/toy-backend.js';
import { DEFAULT_LIMITS } from './engine-limits.js';
import { createPromptSlices } from './prompt-slices.js';

afterEach(() => vi.restoreAllMocks());

/** What calls cost: milliseconds of a call and of a row, of the head, and of a row of a prompt for each token before it. */
interface Costs {
  readonly call: number;
  readonly row: number;
  readonly head: number;
  readonly growth: number;
}

/** A toy by whose calls alone a clock goes on. */
function timed({ call, row, head, growth }: Costs) {
  const toy = createToyBackend({ endLogit: -50, contextLength: 5000 });
  let now = 1000;
  const slices: number[] = [];
  /** When tokens were decoded. */
  const times: number[] = [];
  const backend: Backend = {
    ...toy,
    async prefill(requests, options) {
      const before = toy.promptRows;
      const found = await toy.prefill(requests, options);
      const rows = toy.promptRows - before;
      const [first] = requests;
      now += call + rows * (row + growth * (first?.after?.length ?? 0));
      slices.push(rows);
      return found;
    },
    async next(requests) {
      now += head;
      return toy.next(requests);
    },
    async lookAhead(requests) {
      const looks = await toy.lookAhead(requests);
      now += call + row * requests.reduce((sum, { tokens }) => sum + tokens.length, 0);
      times.push(now);
      return looks;
    },
  };
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  return { backend, slices, times };
}

it('a token takes at most three times as long while a long prompt is run beside it, whatever calls cost', async () => {
  const cost = (most: number) => fc.double({ min: 0.1, max: most, noNaN: true });
  const costs = fc.record({ call: cost(20), row: cost(5), head: cost(10), growth: fc.constantFrom(0, 2e-5) });
  await fc.assert(
    fc.asyncProperty(costs, fc.integer({ min: 1, max: 6 }), async (each, streams) => {
      const { backend, slices, times } = timed(each);
      const halfspace = await createHalfspace({ backend });
      let long: Promise<unknown> | undefined;
      const texts = Array.from({ length: streams }, async (_, seed) => {
        let tokens = 0;
        for await (const { type } of halfspace.stream({ prompt: 'ab', maxTokens: 120, seed })) {
          if (type === 'text' && ++tokens === 8 && seed === 0) {
            long = halfspace.generate({ prompt: 'abcdefg '.repeat(400), maxTokens: 1 });
          }
        }
      });
      await Promise.all(texts);
      const beside = slices.slice(2);
      const gaps = times.slice(8, 120).map((time, index) => time - (times[7 + index] ?? NaN));
      const first = gaps.findIndex((gap) => gap > 1.01 * (each.head + each.call + streams * each.row));
      await long;
      const alone = each.head + each.call + streams * each.row;
      // By what is known of calls; a row at least is run, whatever it takes.
      const bound = Math.max(3 * alone, alone + each.call + each.row * 1.4);
      // A prompt gets longer, and so do its rows: by so much a slice is behind what is known.
      expect(Math.max(...gaps.slice(first + 1))).toBeLessThanOrEqual(1.2 * bound);
      // The first slice knows calls of one size alone.
      expect(first).toBeLessThan(5);
      expect(gaps[first]).toBeLessThanOrEqual(1.2 * (bound + each.call));
      // And the prompt has what there is time for.
      const room = (2 * alone - each.call) / (each.row + each.growth * 3200);
      expect(Math.max(...beside)).toBeGreaterThanOrEqual(Math.min(Math.floor(0.8 * room), 200));
    }),
    { numRuns: 25 },
  );
}, 120_000);

it('a slice with nobody beside it takes a tenth of a second, and is no smaller than pays', () => {
  const slices = createPromptSlices();
  expect(slices.rows(false, DEFAULT_LIMITS)).toBe(32);
  slices.noteSlice(32, 42);
  slices.noteSlice(64, 74);
  // A call takes 10 ms and a row 1.
  expect(slices.rows(false, DEFAULT_LIMITS)).toBe(90);
  expect(slices.rows(false, { ...DEFAULT_LIMITS, maxPromptRows: 50 })).toBe(50);
  slices.noteRound(20);
  expect(slices.rows(true, DEFAULT_LIMITS)).toBe(30);
  expect(slices.rows(true, { ...DEFAULT_LIMITS, maxSlowdown: 2 })).toBe(10);
  for (let call = 0; call < 50; call++) slices.noteSlice(16 + (call % 2), 3000);
  expect(slices.rows(false, DEFAULT_LIMITS)).toBe(16);
  expect(slices.rows(true, DEFAULT_LIMITS)).toBe(1);
});

it('sixteen short prompts are run in few calls', async () => {
  const { backend, slices } = timed({ call: 10, row: 1, head: 3, growth: 0 });
  const halfspace = await createHalfspace({ backend });
  // By which it is known what calls take.
  for (const prompt of ['ab', 'abcdefg '.repeat(20)]) await halfspace.generate({ prompt, maxTokens: 2 });
  slices.length = 0;
  const prompts = Array.from({ length: 16 }, (_, index) => `${'abcdef'.repeat(2)}${'abcdefg'[index % 7]}`);
  await Promise.all(prompts.map(async (prompt) => halfspace.generate({ prompt, maxTokens: 2 })));
  expect(slices.reduce((sum, rows) => sum + rows, 0)).toBe(16 * 13);
  expect(slices.length).toBeLessThanOrEqual(8);
});
