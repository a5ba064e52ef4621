import type { Backend, Context, LookAhead, LookAheadRequest, Prefill } from '@halfspace/core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LAYERS, openSmallModel, VOCABULARY, WIDTH, type SmallModel } from './testing/small-model.js';
import { widest } from './testing/widest.js';

/** A prompt's rows and a candidate's are summed in another order. */
const TOLERANCE = 2e-5;
const layers = [0, 1, LAYERS];
const token = fc.integer({ min: 0, max: VOCABULARY - 1 });
const text = fc.array(token, { minLength: 1, maxLength: 24 });
const candidates = fc.uniqueArray(token, { minLength: 1, maxLength: 6 });

let model: SmallModel;
let backend: Backend;
beforeAll(async () => {
  model = await openSmallModel('grouped-tied');
  ({ backend } = model);
});
afterAll(async () => model.close());

async function run(tokens: readonly number[], wanted: readonly number[] = []): Promise<Prefill> {
  const [found] = await backend.prefill([{ tokens, rowsPerStep: 4, layers: wanted }]);
  return found as Prefill;
}

async function prefill(tokens: readonly number[]): Promise<Context> {
  return (await run(tokens)).context;
}

async function lookAhead(context: Context, tokens: readonly number[]) {
  const [look] = await backend.lookAhead([{ context, tokens, layers }]);
  if (look === undefined) throw new Error('no look-ahead');
  return look;
}

/** Log-probabilities of all tokens after a context. */
async function next(context: Context): Promise<Float64Array> {
  const all = Array.from({ length: VOCABULARY }, (_, each) => each);
  const [found] = await backend.next([{ context, topK: 0, tokens: all }]);
  return found?.asked ?? new Float64Array();
}

/** Hidden states after a text and what comes next, from a prefill of all of it. */
async function alone(tokens: readonly number[]) {
  const found = await run(tokens, layers);
  const logProbs = await next(found.context);
  backend.release(found.context);
  return { hidden: layers.map((layer) => found.hidden(layer).slice(-WIDTH)), logProbs };
}

describe('the token tree', () => {
  it('looks ahead to what a prefill of text and candidate finds, and commits it', async () => {
    await fc.assert(
      fc.asyncProperty(text, candidates, async (tokens, ahead) => {
        const context = await prefill(tokens);
        const look = await lookAhead(context, ahead);
        for (const [row, candidate] of ahead.entries()) {
          const wanted = await alone([...tokens, candidate]);
          layers.forEach((layer, index) => {
            const found = look.hidden(layer).subarray(row * WIDTH, (row + 1) * WIDTH);
            expect(widest(found, wanted.hidden[index] ?? [])).toBeLessThan(TOLERANCE);
          });
          const committed = look.commit(candidate);
          expect(committed.length).toBe(tokens.length + 1);
          expect(widest(await next(committed), wanted.logProbs)).toBeLessThan(TOLERANCE);
          backend.release(committed);
        }
        backend.release(context);
      }),
      { numRuns: 25 },
    );
  });

  it('is a tree: whatever is forked, committed and released, every text is as if it were alone', async () => {
    const choice = fc.record({ which: fc.nat(), how: fc.constantFrom('fork', 'commit', 'release'), token });
    await fc.assert(
      fc.asyncProperty(text, text, fc.array(choice, { maxLength: 24 }), async (one, other, choices) => {
        const live = [
          { tokens: one, context: await prefill(one) },
          { tokens: other, context: await prefill(other) },
        ];
        for (const { which, how, token: candidate } of choices) {
          const at = which % live.length;
          const { tokens, context } = live[at] as (typeof live)[number];
          if (how === 'fork') live.push({ tokens, context: backend.fork(context) });
          if (how === 'release' && live.length > 1) {
            backend.release(context);
            live.splice(at, 1);
          }
          if (how === 'commit') {
            const look = await lookAhead(context, [(candidate + 1) % VOCABULARY, candidate]);
            live[at] = { tokens: [...tokens, candidate], context: look.commit(candidate) };
            backend.release(context);
          }
        }
        for (const { tokens, context } of live) {
          expect(widest(await next(context), (await alone(tokens)).logProbs)).toBeLessThan(TOLERANCE);
          backend.release(context);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('gives a candidate of a rank the same numbers whichever others are run with it, to the last bit', async () => {
    // More ranks than one line has places for.
    const all = Array.from({ length: 48 }, (_, index) => ({ token: 2 * index, rank: 3 * index }));
    await fc.assert(
      fc.asyncProperty(text, fc.subarray(all, { minLength: 1 }), async (tokens, some) => {
        const context = await prefill(tokens);
        const [whole, part] = await Promise.all(
          [all, some].map(async (each) => {
            const request = {
              context,
              tokens: each.map(({ token }) => token),
              ranks: each.map(({ rank }) => rank),
              layers,
            };
            const [look] = await backend.lookAhead([request]);
            return look as LookAhead;
          }),
        );
        for (const [row, each] of some.entries()) {
          const at = all.indexOf(each);
          for (const layer of layers) {
            expect(part?.hidden(layer).subarray(row * WIDTH, (row + 1) * WIDTH)).toEqual(
              whole?.hidden(layer).subarray(at * WIDTH, (at + 1) * WIDTH),
            );
          }
        }
        // Both look-aheads are there as long as the context is.
        const [{ token: chosen }] = some as [(typeof all)[number]];
        const committed = [whole, part].map((look) => look?.commit(chosen) as Context);
        const [one, other] = await Promise.all(committed.map(next));
        expect(one).toEqual(other);
        for (const each of [context, ...committed]) backend.release(each);
        expect(() => part?.commit(chosen)).toThrow(/released/);
      }),
      { numRuns: 15 },
    );
  });

  it('runs a step of many texts as it runs each of them, to the last bit', async () => {
    const request = fc.record({ tokens: text, forks: fc.integer({ min: 1, max: 3 }), ahead: candidates });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 4 }), async (requests) => {
        const items: LookAheadRequest[] = [];
        for (const { tokens, forks, ahead } of requests) {
          const root = await prefill(tokens);
          // Completions of one prompt, each with candidates of its own.
          for (let fork = 0; fork < forks; fork++) {
            const own = ahead.map((each) => (each + fork) % VOCABULARY).slice(fork % ahead.length);
            items.push({ context: backend.fork(root), tokens: own, layers });
          }
          backend.release(root);
        }
        const together = await backend.lookAhead(items);
        for (const [index, { context, tokens }] of items.entries()) {
          const wanted = await lookAhead(context, tokens);
          for (const layer of layers) {
            expect(together[index]?.hidden(layer)).toHaveLength(tokens.length * WIDTH);
            expect(together[index]?.hidden(layer)).toEqual(wanted.hidden(layer));
          }
        }
        for (const { context } of items) backend.release(context);
      }),
      { numRuns: 25 },
    );
  });
});
