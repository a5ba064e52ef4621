import { createHalfspace, prefillWhole, type Backend, type Context } from '@halfspace/core';
import type { InferenceSession, Tensor } from '@halfspace/onnx-runtime';

import { countContexts } from './testing/count-contexts.js';
import { SESSION_METHODS } from './testing/session-methods.js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CONTEXT, openSmallModel, VOCABULARY, type SmallModel } from './testing/small-model.js';

const code = (wanted: string) => expect.objectContaining({ code: wanted });
const megabytes = (bytes: number) => bytes / 2 ** 20;

let model: SmallModel;
let backend: Backend;
beforeEach(async () => {
  model = await openSmallModel('grouped-tied');
  ({ backend } = model);
});
afterEach(async () => model.close());

async function prompt(tokens: readonly number[], on = backend): Promise<Context> {
  const [found] = await on.prefill([{ tokens, rowsPerStep: 2 }]);
  return found?.context as Context;
}

describe('a backend', () => {
  it('runs 1,000 completions without growing', async () => {
    const watched = countContexts(backend);
    const halfspace = await createHalfspace({ backend: watched });
    const prompts = Array.from({ length: 5 }, (_, index) => 'harbour'.slice(index));
    const hundred = async (seed: number) => halfspace.generate({ prompts, samples: 20, maxTokens: 6, seed });
    await hundred(0);
    await hundred(1);
    const before = process.memoryUsage().rss;
    let tokens = 0;
    for (let seed = 0; seed < 10; seed++) {
      for (const completion of await hundred(seed)) tokens += completion.tokens.length;
      expect(watched.open).toBe(0);
    }
    expect(tokens).toBeGreaterThan(4000);
    // What it keeps for a token is half a kilobyte here; the rest is what the garbage collector has not got to.
    expect(megabytes(process.memoryUsage().rss - before)).toBeLessThan(64);
  });

  it('releases everything when a run is aborted in the middle, and can be used again', async () => {
    const watched = countContexts(backend);
    const halfspace = await createHalfspace({ backend: watched });
    const options = { prompts: ['harbour', 'ferry'], samples: 3, maxTokens: 30, seed: 4 };
    const whole = await halfspace.generate(options);
    const controller = new AbortController();
    let texts = 0;
    const run = async () => {
      for await (const event of halfspace.stream({ ...options, signal: controller.signal })) {
        if (event.type === 'text' && ++texts === 7) controller.abort();
      }
    };
    await expect(run()).rejects.toThrow(code('aborted'));
    expect(texts).toBeLessThan(30);
    expect(watched.open).toBe(0);
    const again = await halfspace.generate(options);
    expect(again.map(({ text }) => text)).toEqual(whole.map(({ text }) => text));
  });

  it('runs a long prompt in short calls, and ends it after the one in which it is aborted', async () => {
    const long = await openSmallModel('grouped-tied', {}, 400);
    const tokens = Array.from({ length: 300 }, (_, i) => 5 + (i % 40));
    const rows: number[] = [];
    let controller = new AbortController();
    let abortAt = Infinity;
    const run = SESSION_METHODS.run;
    const spy = vi.spyOn(SESSION_METHODS, 'run').mockImplementation(async function (
      this: InferenceSession,
      ...words: unknown[]
    ) {
      const [feeds] = words as [Record<string, Tensor>];
      rows.push(feeds['positions']?.dims[1] ?? 0);
      if (rows.length === abortAt) controller.abort();
      return Reflect.apply(run, this, words) as ReturnType<typeof run>;
    });
    try {
      for (const at of [1, 4]) {
        rows.length = 0;
        abortAt = at;
        controller = new AbortController();
        const { signal } = controller;
        // Nobody asks at the cut: the slice that has begun is run.
        await expect(prefillWhole(long.backend, { tokens, rowsPerStep: 1 }, signal)).rejects.toThrow(
          code('aborted'),
        );
        expect(rows).toHaveLength(2 * Math.ceil(at / 2));
        expect(Math.max(...rows)).toBeLessThanOrEqual(64);
      }
      abortAt = Infinity;
      rows.length = 0;
      await long.backend.prefill([{ tokens, rowsPerStep: 1 }]);
      // Both parts of the trunk, for each call.
      expect(rows.reduce((sum, each) => sum + each, 0)).toBe(2 * tokens.length);
    } finally {
      spy.mockRestore();
      await long.close();
    }
  });

  it('gives the rows of a prompt the same numbers, however long the prompt is that they begin', async () => {
    const long = await openSmallModel('grouped-tied', {}, 400);
    const tokens = Array.from({ length: 130 }, (_, i) => 5 + (i % 40));
    const whole = await prefillWhole(long.backend, { tokens, rowsPerStep: 1, layers: [2] });
    for (const length of [63, 64, 65, 129]) {
      const request = { tokens: tokens.slice(0, length), rowsPerStep: 1, layers: [2] };
      const part = await prefillWhole(long.backend, request);
      expect(part.hidden(2)).toEqual(whole.hidden(2).subarray(0, part.hidden(2).length));
    }
    await long.close();
  });

  it('may be disposed of twice, and says so when it is used afterwards', async () => {
    const context = await prompt([5, 6]);
    const [look] = await backend.lookAhead([{ context, tokens: [7], layers: [] }]);
    const refused = expect(prompt([8])).rejects.toThrow(code('disposed'));
    await Promise.all([backend.dispose(), backend.dispose()]);
    await backend.dispose();
    await refused;
    await expect(prompt([5])).rejects.toThrow(code('disposed'));
    await expect(backend.next([{ context, topK: 1 }])).rejects.toThrow(code('disposed'));
    await expect(backend.lookAhead([{ context, tokens: [7], layers: [] }])).rejects.toThrow(code('disposed'));
    await expect(backend.logProbs([5, 6])).rejects.toThrow(code('disposed'));
    expect(() => backend.fork(context)).toThrow(code('disposed'));
    expect(() => look?.commit(7)).toThrow(code('disposed'));
    // Giving back what is gone is what a `finally` does; it must not hide the error that led there.
    expect(() => backend.release(context)).not.toThrow();
  });

  it('refuses released and foreign contexts', async () => {
    const other = await openSmallModel('grouped-tied');
    const foreign = await prompt([5], other.backend);
    const context = await prompt([5]);
    const [look] = await backend.lookAhead([{ context, tokens: [7], layers: [] }]);
    backend.release(context);
    for (const wrong of [context, foreign, { length: 1 }]) {
      await expect(backend.next([{ context: wrong, topK: 1 }])).rejects.toThrow(code('invalid-context'));
      await expect(backend.lookAhead([{ context: wrong, tokens: [7], layers: [] }])).rejects.toThrow(
        code('invalid-context'),
      );
      expect(() => backend.fork(wrong)).toThrow(code('invalid-context'));
      expect(() => backend.release(wrong)).toThrow(code('invalid-context'));
    }
    expect(() => look?.commit(7)).toThrow(code('invalid-context'));
    await other.close();
  });

  it('refuses what is too long and tokens that are none', async () => {
    const full = Array.from({ length: CONTEXT }, () => 3);
    await expect(prompt([...full, 3])).rejects.toThrow(code('context-overflow'));
    await expect(backend.logProbs([...full, 3])).rejects.toThrow(code('context-overflow'));
    const context = await prompt(full);
    await expect(backend.lookAhead([{ context, tokens: [3], layers: [] }])).rejects.toThrow(
      code('context-overflow'),
    );
    for (const wrong of [-1, VOCABULARY, 1.5, NaN, Infinity]) {
      await expect(prompt([3, wrong])).rejects.toThrow(code('unknown-token'));
      await expect(backend.logProbs([3, wrong])).rejects.toThrow(code('unknown-token'));
      await expect(backend.next([{ context, topK: 1, tokens: [wrong] }])).rejects.toThrow(
        code('unknown-token'),
      );
    }
  });
});
