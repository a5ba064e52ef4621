import { setImmediate as macrotask } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { createHalfspace, type Context } from '@halfspace/core';
import { backendConformance } from '@halfspace/core/testing';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { OpenedBackend } from '../open-backend.js';
import { countRows } from '../testing/count-rows.js';
import { serveHere } from '../testing/serve-here.js';
import { openSmallModel, type SmallModel } from '../testing/small-model.js';

const code = (wanted: string) => expect.objectContaining({ code: wanted });

const opened: SmallModel[] = [];
async function openModel(contextLength?: number, cacheBytes = 0): Promise<SmallModel> {
  const model = await openSmallModel('grouped-tied', {}, contextLength, cacheBytes);
  opened.push(model);
  return model;
}
afterEach(async () => {
  await Promise.all(opened.splice(0).map(async (each) => each.close()));
});

/** Counts what is open of a backend. */
function counted(inner: OpenedBackend) {
  const open = new Set<Context>();
  const looks: WeakRef<object>[] = [];
  const keep = (context: Context) => {
    open.add(context);
    return context;
  };
  const backend: OpenedBackend = {
    ...inner,
    async prefill(requests, options) {
      const found = await inner.prefill(requests, options);
      for (const { context } of found) keep(context);
      return found;
    },
    async lookAhead(requests) {
      const found = (await inner.lookAhead(requests)).map((look) => ({
        ...look,
        commit: (candidate: number) => keep(look.commit(candidate)),
      }));
      looks.push(...found.map((look) => new WeakRef(look)));
      return found;
    },
    fork: (context) => keep(inner.fork(context)),
    release(context) {
      inner.release(context);
      open.delete(context);
    },
  };
  return { backend, open, looks: () => looks.filter((each) => each.deref() !== undefined).length };
}

describe.each([
  ['without a cache', 0],
  ['with a cache', 2 ** 20],
])('the contract of backends through a line, %s', (_, cacheBytes) => {
  const checks = backendConformance(async () => serveHere((await openModel(undefined, cacheBytes)).backend));
  it.each(checks)('$name', async ({ run }) => run());
});

describe('a backend that is served', () => {
  let model: SmallModel;
  beforeEach(async () => {
    model = await openModel(400, 2 ** 20);
  });

  it('answers with the same bits', async () => {
    const tokens = Array.from({ length: 90 }, (_, i) => 5 + (i % 40));
    const answersOf = async (backend: OpenedBackend) => {
      const layers = [0, 1, 2];
      const requests = [
        { tokens, rowsPerStep: 3, layers, from: 80 },
        { tokens: tokens.slice(3), rowsPerStep: 1 },
      ];
      const prompts = await backend.prefill(requests);
      const [one, two] = prompts.map(({ context }) => context) as [Context, Context];
      const next = await backend.next([
        { context: one, topK: 5, tokens: [3, 4] },
        { context: two, topK: 2 },
      ]);
      const looks = await backend.lookAhead([
        { context: one, tokens: [9, 8, 7], layers: [2, 0], ranks: [0, 2, 5] },
        { context: two, tokens: [9], layers: [] },
      ]);
      const fork = backend.fork(one);
      const winner = looks[0]?.commit(8) as Context;
      for (const context of [one, two]) backend.release(context);
      return {
        prompts: prompts.map(({ cachedTokens, context: { length } }) => ({ cachedTokens, length })),
        hidden: layers.map((layer) => prompts[0]?.hidden(layer).slice()),
        next,
        candidates: [2, 0].map((layer) => looks[0]?.hidden(layer).slice()),
        lengths: [fork, winner].map(({ length }) => length),
        after: await backend.next([fork, winner].map((context) => ({ context, topK: 4 }))),
        logProbs: await backend.logProbs(tokens),
        states: (await backend.states([tokens, [5, 6]], { layers })).map((text) =>
          layers.map((layer) => text.hidden(layer)),
        ),
        cache: backend.cacheStats(),
      };
    };
    const other = await openModel(400, 2 ** 20);
    expect(await answersOf(await serveHere(model.backend))).toEqual(await answersOf(other.backend));
  });

  it('keeps nothing that was given back, and says what its cache holds', async () => {
    const { backend, open } = counted(model.backend);
    const served = await serveHere(backend);
    const halfspace = await createHalfspace({ backend: served });
    await halfspace.generate({ prompts: ['harbour', 'ferry'], samples: 3, maxTokens: 8, seed: 1 });
    // What was given back last is on its way.
    await served.logProbs([5, 6]);
    expect(open.size).toBe(0);
    expect(served.cacheStats()).toEqual(model.backend.cacheStats());
    expect(served.cacheStats().tokens).toBeGreaterThan(5);
  });

  it('sends what becomes of contexts together, and before the next call', async () => {
    const served = await serveHere(model.backend);
    const [prompt] = await served.prefill([{ tokens: [5, 6], rowsPerStep: 1 }]);
    const context = prompt?.context as Context;
    const post = vi.spyOn(served.line, 'postMessage');
    const forks = [served.fork(context), served.fork(context)];
    for (const fork of forks) served.release(fork);
    served.release(context);
    await expect(served.next([{ context, topK: 1 }])).rejects.toThrow(code('invalid-context'));
    expect(post.mock.calls.map(([message]) => (message as { name: string }).name)).toEqual([
      'change',
      'next',
    ]);
  });

  it('forgets what was found for candidates when nobody has it any more, though its context is kept', async () => {
    const { backend, looks } = counted(model.backend);
    const served = await serveHere(backend);
    const [prompt] = await served.prefill([{ tokens: [5, 6], rowsPerStep: 1 }]);
    const context = prompt?.context as Context;
    const look = async (token: number) => served.lookAhead([{ context, tokens: [token], layers: [2] }]);
    for (let token = 3; token < 23; token++) await look(token);
    const [kept] = await look(30);
    expect(looks()).toBeGreaterThan(15);
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    // Asking how many there are would keep them, up to the next turn.
    for (let turn = 0; turn < 20; turn++) {
      await macrotask();
      collect();
    }
    expect(looks()).toBeLessThanOrEqual(2);
    expect(kept?.commit(30).length).toBe(3);
  });

  it('says why a context could not be made when that is used', async () => {
    const failing: OpenedBackend = {
      ...model.backend,
      fork: () => {
        throw new RangeError('Array buffer allocation failed');
      },
    };
    const served = await serveHere(failing);
    const [prompt] = await served.prefill([{ tokens: [5, 6], rowsPerStep: 1 }]);
    const context = served.fork(prompt?.context as Context);
    await expect(served.next([{ context, topK: 1 }])).rejects.toThrow('Array buffer allocation failed');
    served.release(context);
    expect(await served.next([{ context: prompt?.context as Context, topK: 1 }])).toHaveLength(1);
  });

  it.each(['logProbs', 'states'] as const)('ends %s within a slice of an abort', async (name) => {
    const served = await serveHere(model.backend);
    const tokens = Array.from({ length: 400 }, (_, i) => 5 + (i % 40));
    const controller = new AbortController();
    const { signal } = controller;
    const counts = countRows();
    try {
      counts.onCall = () => counts.lower.length === 2 && controller.abort();
      const call =
        name === 'logProbs'
          ? served.logProbs(tokens, { signal })
          : served.states([tokens], { layers: [2], signal });
      await expect(call).rejects.toThrow(code('aborted'));
      // Whatever was still to be run would be, before this.
      await served.logProbs([5, 6]);
      const rows = counts.lower.reduce((sum, each) => sum + each, 0) - 2;
      expect(rows).toBeGreaterThanOrEqual(128);
      expect(rows).toBeLessThanOrEqual(192);
    } finally {
      counts.restore();
    }
  });

  it('refuses what it is asked after its end, and lets what is gone be given back', async () => {
    const served = await serveHere(model.backend);
    const [prompt] = await served.prefill([{ tokens: [5, 6], rowsPerStep: 1 }]);
    const context = prompt?.context as Context;
    const [look] = await served.lookAhead([{ context, tokens: [7], layers: [] }]);
    const queued = [served.logProbs([5, 6]), served.logProbs([5, 6])];
    const settled = Promise.allSettled(queued);
    await Promise.all([served.dispose(), served.dispose()]);
    for (const each of await settled)
      if (each.status === 'rejected') expect(each.reason).toMatchObject({ code: 'disposed' });
    expect(() => served.fork(context)).toThrow(code('disposed'));
    expect(() => look?.commit(7)).toThrow(code('disposed'));
    expect(() => served.release(context)).not.toThrow();
  });
});
