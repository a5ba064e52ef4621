import { setImmediate } from 'node:timers/promises';
import type { Backend } from '@halfspace/contracts';
import fc from 'fast-check';
import { afterEach, expect, it, vi } from 'vitest';
import { createHalfspace } from '../plugins/container.js';
import { toyAttribute } from '../testing/toy-attribute.js';
import { createToyBackend } from '../testing/toy-backend.js';
import { engineStats } from './shared-engine.js';

afterEach(() => vi.restoreAllMocks());

const kind = toyAttribute('kind', 0);

/** The rounds in which each text that is being written has got on, by the token that its prompt begins with. */
function watched() {
  const toy = createToyBackend({ endLogit: -50, contextLength: 400 });
  const names = new WeakMap<object, number>();
  const steps = new Map<number, number[]>();
  const named = <T extends object>(context: T, name: number | undefined) => {
    if (name !== undefined) names.set(context, name);
    return context;
  };
  const backend: Backend = {
    ...toy,
    async prefill(requests, options) {
      const found = await toy.prefill(requests, options);
      found.forEach(({ context }, i) => {
        const { after, tokens } = requests[i];
        named(context, after === undefined ? tokens[0] * 64 + tokens[1] * 8 + tokens[2] : names.get(after));
      });
      return found;
    },
    fork: (context) => named(toy.fork(context), names.get(context)),
    async lookAhead(requests) {
      const looks = await toy.lookAhead(requests);
      const round = engineStats(backend).rounds;
      return looks.map((look, i) => {
        const name = names.get(requests[i].context) ?? NaN;
        steps.set(name, [...(steps.get(name) ?? []), round]);
        return { ...look, commit: (token) => named(look.commit(token), name) };
      });
    },
  };
  return { backend, toy, steps };
}

/** A call whose prompt begins with three letters that no other one has. */
const LETTERS = 'abcdefg ';
const beginning = (call: number) =>
  `${LETTERS[Math.floor(call / 64) % 8]}${LETTERS[Math.floor(call / 8) % 8]}${LETTERS[call % 8]}`;
const nameOf = (call: number) => call;

it('nobody starves: a call starts, and a completion gets on, within rounds that are bounded by who is there', async () => {
  const limits = fc.record({
    maxRows: fc.integer({ min: 4, max: 24 }),
    maxPromptRows: fc.integer({ min: 8, max: 64 }),
  });
  const arrivals = fc.array(
    fc.record({
      delay: fc.nat(20),
      length: fc.oneof(fc.nat(10), fc.nat(90)),
      samples: fc.integer({ min: 1, max: 5 }),
      maxTokens: fc.integer({ min: 1, max: 9 }),
      weights: fc.constantFrom({}, { kind: 2 }),
      lookAhead: fc.constantFrom<'lazy' | 'eager'>('lazy', 'eager'),
    }),
    { minLength: 3, maxLength: 12 },
  );
  await fc.assert(
    fc.asyncProperty(limits, arrivals, async (own, calls) => {
      // What calls take on this machine makes no difference: slices are as large as they may be.
      let ticks = 0;
      vi.spyOn(performance, 'now').mockImplementation(() => (ticks += 1e-3));
      const { backend, toy, steps } = watched();
      const halfspace = await createHalfspace({ backend, attributes: [kind], limits: own });
      const came: number[] = [];
      await Promise.all(
        calls.map(async ({ delay, length, ...options }, call) => {
          for (let turn = 0; turn < delay; turn++) await setImmediate();
          came[call] = engineStats(backend).rounds;
          const prompt = beginning(call) + 'abcdefg '.repeat(25).slice(0, length);
          return halfspace.generate({ ...options, prompt, topK: 4 });
        }),
      );
      expect(toy.open).toBe(0);
      const rows = calls.map(({ weights }) => ('kind' in weights ? 4 : 1));
      /** Rounds in which all that can be there is run once: each call its first completion, and what else fits in a call. */
      const turn = Math.ceil((rows.reduce((sum, each) => sum + each, 0) + own.maxRows) / (own.maxRows - 3));
      for (const [call, { length }] of calls.entries()) {
        const own_ = steps.get(nameOf(call)) ?? [];
        // Slices of a prompt take turns with those of others, of which each may fill a slice.
        const slices = Math.ceil((length + 3) / 8);
        expect(own_[0] - came[call]).toBeLessThanOrEqual(slices * calls.length + 2 * turn + 2);
        // A completion that is written has at most four calls a step, and each within a turn.
        for (const [i, round] of own_.entries()) {
          if (i > 0) expect(round - own_[i - 1]).toBeLessThanOrEqual(2 * turn + 1);
        }
      }
    }),
    { numRuns: 12 },
  );
}, 120_000);

it('a call of many completions leaves room for one that comes later', async () => {
  const { backend, steps } = watched();
  const halfspace = await createHalfspace({ backend, limits: { maxCompletions: 8, maxRows: 6 } });
  const many = halfspace.generate({ prompt: beginning(1), samples: 40, maxTokens: 20 });
  while (engineStats(backend).live < 2) await setImmediate();
  const before = engineStats(backend);
  expect(before.live).toBe(2);
  await halfspace.generate({ prompt: beginning(2), maxTokens: 20 });
  const [first] = steps.get(nameOf(2)) ?? [];
  expect(first - before.rounds).toBeLessThanOrEqual(2);
  await many;
});

it('calls that come at once are served in their order, and share places alike', async () => {
  const { backend, steps } = watched();
  const halfspace = await createHalfspace({ backend, limits: { maxRows: 6, maxPromptRows: 16 } });
  const works = Array.from({ length: 9 }, async (_, call) =>
    halfspace.generate({ prompt: beginning(call) + 'abc', samples: 3, maxTokens: 12 }),
  );
  await Promise.all(works);
  const firsts = works.map((_, call) => steps.get(nameOf(call))?.[0] ?? NaN);
  expect(firsts).toEqual(firsts.toSorted((a, b) => a - b));
  // 27 completions of 12 tokens, six rows a call.
  const last = Math.max(...[...steps.values()].flat());
  expect(last).toBeLessThanOrEqual((27 * 12) / 6 + 20);
});
