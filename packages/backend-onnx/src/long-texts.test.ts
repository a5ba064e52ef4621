import type { Context, LookAhead, LookAheadRequest, Prefill } from '@halfspace/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSmallModel, VOCABULARY, WIDTH, type SmallModel } from './testing/small-model.js';
import { widest } from './testing/widest.js';

const CONTEXT = 800;
const LAYERS = [1, 2];
const TEXTS = 3;
const all = Array.from({ length: VOCABULARY }, (_, token) => token);
const prompt = Array.from({ length: 300 }, (_, i) => 5 + ((i * i) % 90));
/** What a text goes on with: others at every step. */
const tokenOf = (text: number, step: number) => 5 + ((text * 31 + step * 7) % 80);

/** Log-probabilities of all tokens after texts, from one call. */
async function next({ backend }: SmallModel, contexts: readonly Context[]): Promise<Float64Array[]> {
  const found = await backend.next(contexts.map((context) => ({ context, topK: 0, tokens: all })));
  return found.map(({ asked }) => asked);
}

/** Texts that go on from a prompt together, each by tokens of its own, with rivals beside them. */
async function decode(model: SmallModel, root: Context, texts: readonly number[], steps: number) {
  const { backend } = model;
  let contexts = texts.map(() => backend.fork(root));
  for (let step = 0; step < steps; step++) {
    await next(model, contexts);
    const requests = contexts.map((context, index): LookAheadRequest => {
      const token = tokenOf(texts[index] ?? 0, step);
      return { context, tokens: [token, token + 1].slice(0, 1 + (step % 2)), layers: LAYERS };
    });
    const looks = await backend.lookAhead(requests);
    const longer = looks.map((look, index) => look.commit(requests[index]?.tokens[0] ?? -1));
    for (const context of contexts) backend.release(context);
    contexts = longer;
  }
  return contexts;
}

const KINDS = ['grouped-tied', 'gemma3'].flatMap((name) => [
  { name, kvCache: 'f32' as const, threads: 1 },
  { name, kvCache: 'f16' as const, threads: 2 },
]);

describe.each(KINDS)('long texts ($name, keys and values in $kvCache, $threads threads)', (kind) => {
  let model: SmallModel;
  beforeAll(async () => {
    model = await openSmallModel(kind.name, {}, CONTEXT, 0, kind.kvCache, kind.threads);
  });
  afterAll(async () => model.close());

  async function run(tokens: readonly number[]): Promise<Context> {
    const [found] = await model.backend.prefill([{ tokens, rowsPerStep: 1 }]);
    return found?.context as Context;
  }

  it('have the same numbers in any company, decoded and as a prompt, to the last bit', async () => {
    const { backend } = model;
    const steps = 100;
    const root = await run(prompt);
    const texts = Array.from({ length: TEXTS }, (_, text) => text);
    const together = await decode(model, root, texts, steps);
    const found = await next(model, together);
    // Another prompt lies in the store meanwhile, and the blocks of a text that is alone elsewhere.
    const beside = await run(prompt.map((token) => token + 1));
    const again = await run(prompt);
    backend.release(root);
    for (const text of texts) {
      const [alone] = await decode(model, again, [text], steps);
      const tokens = Array.from({ length: steps }, (_, step) => tokenOf(text, step));
      const whole = await run([...prompt, ...tokens]);
      const wanted = found[text];
      expect((await next(model, [alone as Context]))[0]).toEqual(wanted);
      expect((await next(model, [whole]))[0]).toEqual(wanted);
      for (const context of [alone as Context, whole]) backend.release(context);
    }
    for (const context of [...together, beside, again]) backend.release(context);
  });

  it('give a candidate the numbers that it has in a prompt, whichever others are run, to the last bit', async () => {
    const { backend } = model;
    // At the beginning, in the middle and at the end of a block, and beyond.
    for (const length of [1, 15, 16, 100, 112, 113, 127, 128, 129, 255, 300]) {
      const tokens = Array.from({ length: length % 2 === 0 ? 21 : 3 }, (_, index) => 5 + 4 * index);
      const root = await run(prompt.slice(0, length));
      const [look] = (await backend.lookAhead([{ context: root, tokens, layers: LAYERS }])) as [LookAhead];
      for (const [row, token] of tokens.entries()) {
        const text = [...prompt.slice(0, length), token];
        const [whole] = (await backend.prefill([
          { tokens: text, rowsPerStep: 1, layers: LAYERS, from: length },
        ])) as [Prefill];
        for (const layer of LAYERS)
          expect(look.hidden(layer).slice(row * WIDTH, (row + 1) * WIDTH)).toEqual(
            whole.hidden(layer).slice(),
          );
        const committed = look.commit(token);
        expect(await next(model, [committed])).toEqual(await next(model, [whole.context]));
        for (const each of [whole.context, committed]) backend.release(each);
      }
      backend.release(root);
    }
  });

  it('are measured in any company alike, to the last bit', async () => {
    const { backend } = model;
    const root = await run(prompt);
    const other = await run(prompt.slice(7, 150));
    // Texts of one block have nothing to put together where they are alone, and are put together as others are beside those.
    const [short, shorter] = [await run(prompt.slice(3, 60)), await run(prompt.slice(5, 9))];
    const contexts = [root, short, other, backend.fork(root), shorter];
    const requests = contexts.map((context, index): LookAheadRequest => {
      const tokens = Array.from({ length: 1 + 6 * index }, (_, rank) => 5 + rank + index);
      return { context, tokens, layers: LAYERS };
    });
    const together = await backend.lookAhead(requests);
    for (const [index, request] of requests.entries()) {
      const [alone] = await backend.lookAhead([request]);
      for (const layer of LAYERS) {
        expect(together[index]?.hidden(layer)).toHaveLength(request.tokens.length * WIDTH);
        expect(together[index]?.hidden(layer)).toEqual(alone?.hidden(layer));
      }
    }
    for (const context of contexts) backend.release(context);
  });
});

it('differs little in f16', async () => {
  const found: Float64Array[] = [];
  for (const kvCache of ['f32', 'f16'] as const) {
    const model = await openSmallModel('grouped-tied', {}, CONTEXT, 0, kvCache);
    const [prefill] = await model.backend.prefill([{ tokens: prompt, rowsPerStep: 1 }]);
    found.push(...(await next(model, [prefill?.context as Context])));
    await model.close();
  }
  const [wide = [], half = []] = found;
  expect(half).not.toEqual(wide);
  expect(widest(half, wide)).toBeLessThan(0.02);
});
