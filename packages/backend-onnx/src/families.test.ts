import type { Backend, Context } from '@halfspace/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openSmallModel, type Expected, type SmallModel } from './testing/small-model.js';
import { widest } from './testing/widest.js';

// Random checkpoints and what Hugging Face transformers computes with them: fixtures/make-language-models.py.
describe.each(['grouped-tied', 'untied', 'llama3-rope', 'gemma3'])('a random checkpoint (%s)', (name) => {
  let model: SmallModel;
  let backend: Backend;
  let expected: Expected;

  beforeAll(async () => {
    model = await openSmallModel(name);
    ({ backend, expected } = model);
  });

  afterAll(async () => model.close());

  async function run(tokens: readonly number[], layers: readonly number[] = []): Promise<Context> {
    const [prompt] = await backend.prefill([{ tokens, rowsPerStep: 3, layers }]);
    return prompt?.context as Context;
  }

  it('has the hidden states and log-probabilities of transformers within 1e-4', async () => {
    const [prompt] = await backend.prefill([{ tokens: expected.tokens, rowsPerStep: 1, layers: [0, 1, 2] }]);
    if (prompt === undefined) throw new Error('no prompt');
    const { context } = prompt;
    expected.hidden.forEach((wanted, layer) =>
      expect(widest(prompt.hidden(layer).slice(-32), wanted)).toBeLessThan(1e-4),
    );
    const [next] = await backend.next([{ context, topK: 96, tokens: [5, 7] }]);
    const all = new Float64Array(96);
    next?.tokens.forEach((token, index) => (all[token] = next.logProbs[index] ?? NaN));
    expect(widest(all, expected.logProbs)).toBeLessThan(1e-4);
    expect([...(next?.asked ?? [])]).toEqual([all[5], all[7]]);
    backend.release(context);
    expect(widest(await backend.logProbs(expected.tokens), expected.tokenLogProbs)).toBeLessThan(1e-4);
  });

  it('has the hidden states of transformers for whole texts, several to a call, and keeps nothing', async () => {
    const { tokens, hidden } = expected;
    const texts = [tokens.slice(0, 5), tokens, tokens.slice(0, 1), tokens.slice(3)];
    const found = await backend.states(texts, { layers: [0, 1, 2] });
    expect(found.map((text) => text.hidden(1).length)).toEqual(texts.map(({ length }) => length * 32));
    hidden.forEach((wanted, layer) =>
      expect(widest(found[1]?.hidden(layer).slice(-32) ?? [], wanted)).toBeLessThan(1e-4),
    );
    for (const [index, text] of texts.entries()) {
      const [alone] = await backend.states([text], { layers: [2] });
      expect(alone?.hidden(2)).toEqual(found[index]?.hidden(2));
      expect(() => alone?.hidden(1)).toThrow(expect.objectContaining({ code: 'unknown-layer' }));
    }
    expect(await backend.states([], { layers: [1] })).toEqual([]);
  });

  it('comes to the same by look-ahead and commit, whatever runs beside it, and wherever candidates stop', async () => {
    const { tokens } = expected;
    const found = [];
    for (const layers of [[1, 2], [1], []]) {
      const root = await run(tokens.slice(0, 30));
      let [ours, other] = [backend.fork(root), root];
      for (const token of tokens.slice(30)) {
        const beside = (token + 1) % 96;
        const [mine, theirs] = await backend.lookAhead([
          { context: ours, tokens: [beside, token], layers },
          { context: other, tokens: [(token + 7) % 96, beside], layers },
        ]);
        const grown = mine?.commit(token) ?? ours;
        const grownBeside = theirs?.commit(beside) ?? other;
        if (layers.length > 0) expect(mine?.hidden(1)).toHaveLength(64);
        backend.release(ours);
        backend.release(other);
        [ours, other] = [grown, grownBeside];
      }
      const twin = backend.fork(ours);
      const asked = Array.from({ length: 96 }, (_, token) => token);
      const [next, same] = await backend.next(
        [ours, twin].map((context) => ({ context, topK: 3, tokens: asked })),
      );
      expect(widest(next?.asked ?? [], expected.logProbs)).toBeLessThan(1e-4);
      expect(same).toEqual(next);
      found.push(next?.asked);
      for (const context of [ours, other, twin]) backend.release(context);
      expect(() => backend.release(ours)).toThrow(expect.objectContaining({ code: 'invalid-context' }));
    }
    expect(found[1]).toEqual(found[0]);
    expect(found[2]).toEqual(found[0]);
  });

  it('looks ahead at more candidates than the context has tokens', async () => {
    const context = await run([3, 4]);
    const many = Array.from({ length: 96 }, (_, token) => token);
    const [all] = await backend.lookAhead([{ context, tokens: many, layers: [2] }]);
    const [alone] = await backend.lookAhead([{ context, tokens: [90], ranks: [90], layers: [2] }]);
    expect(alone?.hidden(2)).toEqual(all?.hidden(2).slice(90 * 32, 91 * 32));
    backend.release(context);
  });

  it('refuses what it cannot run, and leaves its contexts as they were', async () => {
    const context = await run([3, 4]);
    const code = (expectedCode: string) => expect.objectContaining({ code: expectedCode });
    await expect(run([])).rejects.toThrow(code('empty-prompt'));
    await expect(run([96])).rejects.toThrow(code('unknown-token'));
    await expect(run(Array.from({ length: 65 }, () => 2))).rejects.toThrow(code('context-overflow'));
    await expect(run([2], [3])).rejects.toThrow(code('unknown-layer'));
    const layers = { layers: [1] };
    await expect(backend.states([[2], []], layers)).rejects.toThrow(code('empty-prompt'));
    await expect(backend.states([[2], [96]], layers)).rejects.toThrow(code('unknown-token'));
    await expect(backend.states([[2]], { layers: [3] })).rejects.toThrow(code('unknown-layer'));
    await expect(backend.states([Array(65).fill(2)], layers)).rejects.toThrow(code('context-overflow'));
    await expect(backend.states([[2]], { ...layers, signal: AbortSignal.abort() })).rejects.toThrow(
      code('aborted'),
    );
    const ask = { context, topK: 2 };
    const before = await backend.next([ask]);
    await expect(backend.lookAhead([{ context, tokens: [-1], layers: [] }])).rejects.toThrow(
      code('unknown-token'),
    );
    expect(await backend.next([ask])).toEqual(before);
    backend.release(context);
  });
});

it('a Gemma 3 that gives its kinds of block as a period computes what transformers does', async () => {
  const model = await openSmallModel('gemma3', { layer_types: undefined, sliding_window_pattern: 2 });
  try {
    const { tokens, tokenLogProbs } = model.expected;
    expect(widest(await model.backend.logProbs(tokens), tokenLogProbs)).toBeLessThan(1e-4);
  } finally {
    await model.close();
  }
});
