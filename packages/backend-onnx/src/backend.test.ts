import type { Backend, Context, LookAheadRequest, Prefill, PrefillRequest } from '@halfspace/core';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { countRows, type RowCounts } from './testing/count-rows.js';
import { openSmallModel, VOCABULARY, WIDTH, type SmallModel } from './testing/small-model.js';

/** Layer 1 is the cut of the small models, and layer 2 their last. */
const [CUT, LAST] = [1, 2];
const code = (wanted: string) => expect.objectContaining({ code: wanted });

let model: SmallModel;
let backend: Backend;
let counts: RowCounts;
beforeAll(async () => {
  model = await openSmallModel('grouped-tied', {}, 400);
  ({ backend } = model);
});
afterAll(async () => model.close());
beforeEach(() => {
  counts = countRows();
});
afterEach(() => counts.restore());

async function run(tokens: readonly number[], details: Partial<PrefillRequest> = {}): Promise<Prefill> {
  const [found] = await backend.prefill([{ tokens, rowsPerStep: 1, ...details }]);
  return found as Prefill;
}

/** What a context has to say of the next token. */
async function next(context: Context) {
  const [found] = await backend.next([{ context, topK: VOCABULARY }]);
  return found;
}

/** Texts that do not share a token with one another. */
const text = (length: number, first = 5) => Array.from({ length }, (_, i) => first + ((7 * i) % 40));

describe('look-ahead', () => {
  it('runs each request as deep as it reads, and no other with it', async () => {
    const contexts = [text(9), text(12, 6), text(4, 7)].map(async (tokens) => (await run(tokens)).context);
    const [one, other, third] = (await Promise.all(contexts)) as [Context, Context, Context];
    const requests: LookAheadRequest[] = [
      { context: one, tokens: [3, 4, 5], layers: [CUT] },
      { context: other, tokens: [8, 9], layers: [0, LAST] },
      { context: third, tokens: [1, 2, 3, 4], layers: [] },
    ];
    counts.clear();
    const looks = await backend.lookAhead(requests);
    expect({ lower: counts.lower, upper: counts.upper }).toEqual({ lower: [9], upper: [2] });
    for (const [index, request] of requests.entries()) {
      const [alone] = await backend.lookAhead([request]);
      for (const layer of [0, CUT, LAST]) {
        const found = () => looks[index]?.hidden(layer);
        if (request.layers.includes(layer)) expect(found()).toEqual(alone?.hidden(layer));
        else expect(found).toThrow(code('unknown-layer'));
      }
    }
    // Of the winners only those that stopped at the cut are run on.
    const winners = looks.map((look, index) => look.commit(requests[index]?.tokens[1] ?? -1));
    counts.clear();
    await backend.next(winners.map((context) => ({ context, topK: 1 })));
    expect({ ...counts, lower: counts.lower, upper: counts.upper }).toMatchObject({
      lower: [],
      upper: [2],
      heads: 1,
    });
    for (const context of [one, other, third, ...winners]) backend.release(context);
  });
});

describe('prefill', () => {
  it('runs several short prompts in one call', async () => {
    const prompts = [text(9), text(12, 6), text(4, 7)];
    const found = await backend.prefill(
      prompts.map((tokens) => ({ tokens, rowsPerStep: 1, layers: [LAST] })),
    );
    expect({ lower: counts.lower, upper: counts.upper }).toEqual({ lower: [25], upper: [25] });
    for (const [index, tokens] of prompts.entries()) {
      const alone = await run(tokens, { layers: [LAST] });
      expect(found[index]?.hidden(LAST)).toEqual(alone.hidden(LAST));
      expect(await next(found[index]?.context as Context)).toEqual(await next(alone.context));
      backend.release(alone.context);
      backend.release(found[index]?.context as Context);
    }
  });

  it('does not lay a short text out as long as one that is far longer', async () => {
    const { context } = await run(text(300));
    counts.clear();
    const short = Array.from({ length: 4 }, (_, i) => ({ tokens: text(8, 50 + i), rowsPerStep: 1 }));
    const found = await backend.prefill([{ tokens: text(2, 50), after: context, rowsPerStep: 1 }, ...short]);
    expect(counts.lower).toEqual([2, 32]);
    for (const each of found) backend.release(each.context);
    backend.release(context);
  });

  it('runs prompts in parts of any length, and finds what it finds in one, to the last bit', async () => {
    const sizes = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1, maxLength: 5 });
    await fc.assert(
      fc.asyncProperty(sizes, sizes, fc.nat(150), async (lengths, budgets, from) => {
        const prompts = lengths.map((length, i) => text(length + 60, 5 + i));
        const layers = [0, CUT, LAST];
        const whole = await backend.prefill(
          prompts.map((tokens) => ({ tokens, from, layers, rowsPerStep: 1 })),
        );
        const contexts: (Context | undefined)[] = prompts.map(() => undefined);
        const states = prompts.map(() => layers.map(() => [] as number[]));
        const unfinished = () =>
          [...prompts.keys()].filter((i) => (contexts[i]?.length ?? 0) < (prompts[i]?.length ?? 0));
        for (let call = 0; unfinished().length > 0; call++) {
          const maxRows = budgets[call % budgets.length] ?? 1;
          const asked = unfinished();
          const requests = asked.map((i): PrefillRequest => {
            const after = contexts[i];
            const tokens = prompts[i]?.slice(after?.length ?? 0) ?? [];
            return { tokens, ...(after && { after }), from, layers, rowsPerStep: 1 };
          });
          counts.clear();
          const found = await backend.prefill(requests, { maxRows });
          const left = requests.reduce((sum, { tokens }) => sum + tokens.length, 0);
          expect(counts.lower.reduce((sum, rows) => sum + rows, 0)).toBe(Math.min(left, maxRows));
          asked.forEach((i, at) => {
            const before = contexts[i];
            if (before !== undefined) backend.release(before);
            contexts[i] = found[at]?.context;
            layers.forEach((layer, l) => states[i]?.[l]?.push(...(found[at]?.hidden(layer) ?? [])));
          });
        }
        for (const [i, found] of whole.entries()) {
          layers.forEach((layer, l) => {
            expect(found.hidden(layer)).toHaveLength(Math.max(0, (prompts[i]?.length ?? 0) - from) * WIDTH);
            expect(states[i]?.[l]).toEqual([...found.hidden(layer)]);
          });
          expect(await next(contexts[i] as Context)).toEqual(await next(found.context));
          backend.release(found.context);
          backend.release(contexts[i] as Context);
        }
      }),
      { numRuns: 12 },
    );
  });

  it('serves requests in their order, and gives a context to those that nothing was run of', async () => {
    const requests = [text(30), text(30, 6)].map((tokens) => ({ tokens, rowsPerStep: 1 }));
    const [first, second] = await backend.prefill(requests, { maxRows: 20 });
    expect([first?.context.length, second?.context.length]).toEqual([20, 0]);
    const empty = second?.context as Context;
    await expect(backend.next([{ context: empty, topK: 1 }])).rejects.toThrow(code('empty-prompt'));
    await expect(backend.lookAhead([{ context: empty, tokens: [3], layers: [] }])).rejects.toThrow(
      code('empty-prompt'),
    );
    const late = await run(text(30, 6), { after: empty });
    const alone = await run(text(30, 6));
    expect(await next(late.context)).toEqual(await next(alone.context));
    for (const each of [first?.context as Context, empty, late.context, alone.context]) backend.release(each);
  });

  it('goes on from a text that was released meanwhile, and leaves it as it was', async () => {
    const { context } = await run(text(30));
    const longer = run(text(10, 7), { after: context });
    // The call has begun: what it goes on from stays until it is done.
    await Promise.resolve();
    await Promise.resolve();
    backend.release(context);
    const alone = await run([...text(30), ...text(10, 7)]);
    expect(await next((await longer).context)).toEqual(await next(alone.context));
    backend.release((await longer).context);
    backend.release(alone.context);
  });

  it('keeps nothing of prompts that fail', async () => {
    const { context } = await run(text(5));
    const before = await next(context);
    await expect(
      backend.prefill([
        { tokens: text(20), rowsPerStep: 1 },
        { tokens: text(396), after: context, rowsPerStep: 1 },
      ]),
    ).rejects.toThrow(code('context-overflow'));
    expect(await next(context)).toEqual(before);
    backend.release(context);
  });
});
