import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { type Backend, defineAttribute, type HalfspaceError } from '@halfspace/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { DecodeOptions } from '../options/options.js';
import { createHalfspace } from '../plugins/container.js';
import { toyAttribute } from '../testing/toy-attribute.js';
import { createToyBackend, type ToyBackend } from '../testing/toy-backend.js';
import type { Completion, StreamEvent } from './completion.js';
import type { EngineLimits } from './engine-limits.js';
import { engineStats } from './shared-engine.js';

const BAD = 'gg';

/** Scores by text; whatever goes wrong with it does so for the prompt {@link BAD}. */
const moody = (name: string, onBad: () => number[] | Promise<number[]>) =>
  defineAttribute({
    name,
    description: 'a test',
    score: ({ prompt, candidates }) =>
      prompt === BAD ? onBad() : candidates.map(({ text }) => (text.includes('a') ? 1 : 0)),
  });
const hanging = moody('hanging', async () => new Promise(() => {}));
const throwing = moody('throwing', () => {
  throw new Error('not today');
});
const lying = moody('lying', () => [NaN]);
const slow = defineAttribute({
  name: 'slow',
  description: 'a test',
  score: async ({ prefix, candidates }) => {
    await sleep(prefix.length % 3);
    return candidates.map(({ text }) => (text.includes('b') ? 0.5 : 0));
  },
});
const attributes = [toyAttribute('kind', 0), toyAttribute('calm', 1), hanging, throwing, lying, slow];

async function setUp(backend = createToyBackend({ endLogit: -2 }), limits: Partial<EngineLimits> = {}) {
  return { backend, halfspace: await createHalfspace({ backend, attributes, limits }) };
}

const said = (completions: readonly Completion[]) =>
  completions.map((each) => ({ ...each, timing: undefined, evaluations: undefined, kl: undefined }));

const callsOf = ({ calls }: ToyBackend) => calls.prefill + calls.next + calls.lookAhead;

describe('calls at the same time', () => {
  const prompts = ['ab', 'cd', 'e', 'fg a', 'bb', 'c', 'd d', 'gf'];
  it.each<DecodeOptions>([
    {},
    { weights: { kind: 2 } },
    { weights: { kind: 2, calm: -1 }, lookAhead: 'eager', topK: 4 },
    { weights: { throwing: 1 } },
  ])('share the calls of the model as the prompts of one call do: %j', async (options) => {
    const request = { maxTokens: 16, seed: 3, ...options };
    const one = await setUp();
    const together = await one.halfspace.generate({ ...request, prompts });
    const many = await setUp();
    // Of several that share a backend.
    const other = await createHalfspace({ backend: many.backend, attributes });
    const apart = await Promise.all(
      prompts.map(async (prompt, i) => (i % 2 ? other : many.halfspace).generate({ ...request, prompt })),
    );
    expect(said(apart.flat().map((each, promptIndex) => ({ ...each, promptIndex })))).toEqual(said(together));
    expect(callsOf(many.backend)).toBeLessThanOrEqual(1.1 * callsOf(one.backend));
    expect(many.backend.open).toBe(0);
  });

  it('read only the layers that each reads', async () => {
    const { backend } = await setUp();
    const seen = new Map<string, Set<string>>();
    const texts = new Map<object, string>();
    const watched: Backend = {
      ...backend,
      async lookAhead(requests) {
        for (const { context, layers } of requests) {
          const key = texts.get(context) ?? '';
          seen.set(key, (seen.get(key) ?? new Set()).add(layers.join()));
        }
        const looks = await backend.lookAhead(requests);
        return looks.map((look, i) => ({
          ...look,
          commit(token) {
            const context = look.commit(token);
            texts.set(context, texts.get(requests[i].context) ?? '');
            return context;
          },
        }));
      },
      async prefill(requests, options) {
        const found = await backend.prefill(requests, options);
        found.forEach(({ context }, i) => texts.set(context, String(requests[i].tokens[0])));
        return found;
      },
      fork(context) {
        const forked = backend.fork(context);
        texts.set(forked, texts.get(context) ?? '');
        return forked;
      },
    };
    const halfspace = await createHalfspace({ backend: watched, attributes });
    await Promise.all([
      halfspace.generate({ prompt: 'a', weights: { kind: 1 }, maxTokens: 5 }),
      halfspace.generate({ prompt: 'b', maxTokens: 5 }),
    ]);
    expect(Object.fromEntries([...seen].map(([key, layers]) => [key, [...layers]]))).toEqual({
      0: ['1'],
      1: [''],
    });
  });

  it('have the texts that each has alone, whenever others come, go and give up', async () => {
    const request = fc.record({
      delay: fc.nat(12),
      abortAfter: fc.option(fc.nat(12), { nil: undefined, freq: 4 }),
      options: fc.record({
        prompt: fc.string({
          unit: fc.constantFrom('a', 'b', 'c', 'd', 'e', 'f', 'g', ' '),
          minLength: 1,
          maxLength: 40,
        }),
        samples: fc.integer({ min: 1, max: 3 }),
        maxTokens: fc.integer({ min: 1, max: 9 }),
        seed: fc.nat(5),
        temperature: fc.constantFrom(0, 0.7, 1),
        topK: fc.constantFrom(2, 5),
        weights: fc.constantFrom({}, { kind: 2 }, { kind: 1, calm: -2 }, { slow: 1 }, { kind: 1, slow: -1 }),
      }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 2, maxLength: 10 }), async (requests) => {
        const { backend, halfspace } = await setUp();
        const outcomes = await Promise.allSettled(
          requests.map(async ({ delay, abortAfter, options }) => {
            for (let turn = 0; turn < delay; turn++) await setImmediate();
            const controller = new AbortController();
            const work = halfspace.generate({ ...options, signal: controller.signal });
            if (abortAfter !== undefined) {
              void (async () => {
                for (let turn = 0; turn < abortAfter; turn++) await setImmediate();
                controller.abort();
              })();
            }
            return work;
          }),
        );
        expect(backend.open).toBe(0);
        expect(engineStats(backend)).toMatchObject({ jobs: 0, live: 0, waitingPrompts: 0 });
        for (const [i, outcome] of outcomes.entries()) {
          if (outcome.status === 'rejected') {
            expect(requests[i].abortAfter).toBeDefined();
            expect(outcome.reason).toMatchObject({ code: 'aborted' });
            continue;
          }
          const alone = await (await setUp()).halfspace.generate(requests[i].options);
          expect(said(outcome.value)).toEqual(said(alone));
        }
      }),
      { numRuns: 30 },
    );
  }, 120_000);

  it('come to their end however little room there is', async () => {
    const limit = fc.integer({ min: 1, max: 5 });
    const limits = fc.record({ maxRows: limit, maxPromptRows: limit, maxCompletions: limit });
    const call = fc.record({
      delay: fc.nat(6),
      prompt: fc.string({ unit: fc.constantFrom('a', 'b', 'c', ' '), minLength: 1, maxLength: 20 }),
      samples: fc.integer({ min: 1, max: 3 }),
      weights: fc.constantFrom({}, { kind: 2 }, { slow: 1 }),
    });
    await fc.assert(
      fc.asyncProperty(limits, fc.array(call, { minLength: 2, maxLength: 8 }), async (own, calls) => {
        const { backend } = await setUp();
        const most = { rows: 0, requests: 0 };
        const watched: Backend = {
          ...backend,
          async lookAhead(requests) {
            const rows = requests.reduce((sum, { tokens }) => sum + tokens.length, 0);
            if (requests.length > 1) most.rows = Math.max(most.rows, rows);
            most.requests = Math.max(most.requests, requests.length);
            return backend.lookAhead(requests);
          },
        };
        const halfspace = await createHalfspace({ backend: watched, attributes, limits: own });
        const works = calls.map(async ({ delay, ...options }) => {
          for (let turn = 0; turn < delay; turn++) await setImmediate();
          return halfspace.generate({ ...options, maxTokens: 5, topK: 4 });
        });
        const found = await Promise.all(works);
        expect(found.map(({ length }) => length)).toEqual(calls.map(({ samples }) => samples));
        expect(most.rows).toBeLessThanOrEqual(own.maxRows);
        expect(most.requests).toBeLessThanOrEqual(own.maxCompletions);
        expect(backend.open).toBe(0);
        expect(engineStats(watched)).toMatchObject({ jobs: 0, live: 0 });
      }),
      { numRuns: 30 },
    );
  }, 120_000);

  it('are limited by whole numbers, and by a factor above 1', async () => {
    const backend = createToyBackend();
    const wrong = [
      { maxRows: 0 },
      { maxCalls: 1.5 },
      { maxCompletions: NaN },
      { maxSlowdown: 1 },
      { most: 3 } as object,
    ];
    for (const limits of wrong) {
      await expect(createHalfspace({ backend, limits })).rejects.toMatchObject({ code: 'bad-option' });
    }
    await createHalfspace({ backend, limits: { maxSlowdown: 1.5 } });
  });

  it('go on while a long prompt is run, in slices between their rounds', async () => {
    const toy = createToyBackend({ endLogit: -50, contextLength: 3000 });
    const { backend, halfspace } = await setUp(toy, { maxPromptRows: 64 });
    const order: string[] = [];
    const long = halfspace
      .generate({ prompt: 'abcdefg '.repeat(250), maxTokens: 1 })
      .then(() => order.push('long'));
    const short = halfspace.generate({ prompt: 'ab', maxTokens: 20 }).then(() => {
      order.push('short');
      // A slice a round.
      expect(backend.promptRows).toBeLessThanOrEqual(2 + 64 * 25);
    });
    const scored = halfspace
      .score({ prompt: 'ab', response: 'cd', measure: ['kind'] })
      .then(() => order.push('score'));
    await Promise.all([long, short, scored]);
    expect(order).toEqual(['score', 'short', 'long']);
  });
});

describe('a call that misbehaves', () => {
  it('holds nobody when its plugin hangs', async () => {
    const { backend, halfspace } = await setUp();
    const controller = new AbortController();
    const { signal } = controller;
    const stuck = halfspace.generate({ prompts: [BAD, 'ab'], weights: { hanging: 1 }, signal });
    const refused = expect(stuck).rejects.toMatchObject({ code: 'aborted' });
    const options = { prompt: 'cd', weights: { kind: 1 }, maxTokens: 8 };
    const found = await halfspace.generate(options);
    expect(said(found)).toEqual(said(await (await setUp()).halfspace.generate(options)));
    expect(backend.open).toBeGreaterThan(0);
    controller.abort();
    await refused;
    expect(backend.open).toBe(0);
  });

  it.each(['throwing', 'lying'])('harms only its own completion: a plugin that is %s', async (name) => {
    const { backend, halfspace } = await setUp();
    const options = { weights: { [name]: 1, kind: 0.5 }, maxTokens: 8 };
    const [bad, good] = await Promise.all(
      [BAD, 'ab'].map(async (prompt) => halfspace.generate({ ...options, prompt })),
    );
    expect(bad).toMatchObject([{ finishReason: 'error', error: { code: 'attribute-failed' } }]);
    expect(said(good)).toEqual(said(await (await setUp()).halfspace.generate({ ...options, prompt: 'ab' })));
    expect(backend.open).toBe(0);
  });

  it('is the only one that fails where the model fails for it', async () => {
    const { backend } = await setUp();
    const failing: Backend = {
      ...backend,
      async lookAhead(requests) {
        if (requests.some(({ context }) => context.length > 12)) throw new Error('too long for me');
        return backend.lookAhead(requests);
      },
    };
    const halfspace = await createHalfspace({ backend: failing, attributes });
    const [long, short] = await Promise.allSettled(
      ['abcdefgabcd', 'ab'].map(async (prompt) => halfspace.generate({ prompt, maxTokens: 6, topK: 3 })),
    );
    expect(long).toMatchObject({ status: 'rejected', reason: { message: 'too long for me' } });
    expect(short.status).toBe('fulfilled');
    expect(backend.open).toBe(0);
  });

  it('pauses when its stream is not read, and goes on when it is', async () => {
    const { backend, halfspace } = await setUp(createToyBackend({ endLogit: -50, contextLength: 500 }));
    const options = { prompt: 'ab', maxTokens: 300, seed: 2 };
    const stream = halfspace.stream(options);
    const events: StreamEvent[] = [];
    const first = await stream.next();
    if (first.done !== true) events.push(first.value);
    await halfspace.generate({ prompt: 'cd', maxTokens: 100 });
    // What was run for the stream meanwhile is what may wait to be read.
    expect(backend.calls.rows).toBeLessThan(100 + 12);
    for await (const event of { [Symbol.asyncIterator]: () => stream }) events.push(event);
    const last = events.at(-1);
    const alone = await (
      await setUp(createToyBackend({ endLogit: -50, contextLength: 500 }))
    ).halfspace.generate(options);
    expect(last?.type === 'completion' && said([last.completion])).toEqual(said(alone));
    expect(backend.open).toBe(0);
  });

  it('is given up when nobody reads it and others wait for its place', async () => {
    const toy = createToyBackend({ endLogit: -50, contextLength: 500 });
    const { backend, halfspace } = await setUp(toy, { maxCompletions: 3, maxStallMs: 20 });
    const streams = ['ab', 'cd', 'ef'].map((prompt) => halfspace.stream({ prompt, maxTokens: 300 }));
    for (const stream of streams) await stream.next();
    // All places are taken by streams that nobody reads.
    const found = await halfspace.generate({ prompt: 'bc', maxTokens: 5 });
    expect(found[0].tokens).toHaveLength(5);
    const ends = await Promise.allSettled(
      streams.map(async (stream) => {
        let events = 1;
        for await (const _ of { [Symbol.asyncIterator]: () => stream }) events++;
        return events;
      }),
    );
    const lost = ends.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
    expect(lost).toMatchObject([{ code: 'busy', message: expect.stringContaining('Nobody read') }]);
    for (const end of ends) if (end.status === 'fulfilled') expect(end.value).toBeGreaterThan(1);
    expect(backend.open).toBe(0);
  });

  it('leaves nothing behind when its stream is dropped and never left', async () => {
    const { backend, halfspace } = await setUp(createToyBackend({ endLogit: -50, contextLength: 500 }));
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    const drop = async () => {
      for (let i = 0; i < 20; i++) await halfspace.stream({ prompt: 'ab', maxTokens: 300, seed: i }).next();
    };
    await drop();
    // Who has asked for its completions has them, whatever becomes of the stream.
    const wanted = halfspace.stream({ prompt: 'cd', maxTokens: 300 }).completions;
    expect(backend.open).toBeGreaterThan(0);
    for (let turn = 0; turn < 400 && engineStats(backend).jobs > 0; turn++) {
      collect();
      await sleep(5);
    }
    expect(engineStats(backend)).toMatchObject({ jobs: 0, live: 0 });
    expect(backend.open).toBe(0);
    expect((await wanted)[0].tokens).toHaveLength(300);
  });

  it('leaves nothing behind, whenever it is aborted', async () => {
    const { backend, halfspace } = await setUp();
    let aborted = 0;
    for (let round = 0; round < 20; round++) {
      const works = Array.from({ length: 50 }, async (_, i) => {
        const controller = new AbortController();
        const { signal } = controller;
        const weights = [{}, { kind: 1 }, { slow: 1 }, { hanging: 1 }][i % 4];
        const prompt = i % 4 === 3 ? BAD : `ab${'c'.repeat(i)}`;
        const work =
          i % 5 === 0
            ? halfspace.score({ prompt, response: 'abc', measure: ['kind', 'slow'], signal })
            : halfspace.generate({ prompt, samples: 2, maxTokens: 5, weights, signal });
        const settled = work.catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'aborted' });
          aborted++;
        });
        for (let turn = 0; turn < (i * 7 + round) % 23; turn++) await setImmediate();
        controller.abort();
        return settled;
      });
      await Promise.all(works);
      expect(backend.open).toBe(0);
    }
    expect(aborted).toBeGreaterThan(300);
    expect(engineStats(backend)).toMatchObject({ jobs: 0, live: 0, waitingPrompts: 0 });
  }, 120_000);

  it('ends with the error that a context is given back with, and harms no other', async () => {
    const toy = createToyBackend({ endLogit: -50 });
    const bad = new Set<object>();
    const backend: ToyBackend = {
      ...toy,
      async prefill(requests, options) {
        const found = await toy.prefill(requests, options);
        found.forEach(({ context }, i) => {
          // Also the beginning of a prompt that is not at its end yet.
          if (requests[i].tokens[0] === 6) bad.add(context);
        });
        return found;
      },
      release(context) {
        toy.release(context);
        if (bad.delete(context)) throw new Error('released badly');
      },
    };
    const { halfspace } = await setUp(backend, { maxPromptRows: 2 });
    const works = [
      halfspace.generate({ prompt: 'abcabc', maxTokens: 4 }),
      halfspace.generate({ prompt: 'gab', maxTokens: 4 }),
      halfspace.generate({ prompt: 'g', maxTokens: 4 }),
      halfspace.score({ prompt: 'dab', response: 'abc', measure: ['slow'] }),
      halfspace.generate({ prompt: 'cd', maxTokens: 4, weights: { kind: 1 } }),
    ];
    const outcomes = await Promise.allSettled<unknown>(works);
    const said = outcomes.map((each) =>
      each.status === 'fulfilled' ? 'whole' : (each.reason as Error).message,
    );
    expect(said).toEqual(['whole', 'released badly', 'released badly', 'whole', 'whole']);
    expect(toy.open).toBe(0);
    expect(engineStats(backend)).toMatchObject({ jobs: 0, waitingPrompts: 0 });
  });

  it('is refused where too many wait already', async () => {
    const { backend, halfspace } = await setUp();
    const works = Array.from({ length: 1100 }, async () =>
      halfspace.generate({ prompt: 'ab', maxTokens: 1 }),
    );
    const outcomes = await Promise.allSettled(works);
    const refused = outcomes.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
    expect(refused).toHaveLength(1100 - 1024);
    for (const reason of refused) {
      const { code, retryAfterMs = NaN } = reason as HalfspaceError;
      expect(code).toBe('busy');
      // It says when to come back: for HTTP in whole seconds, a minute at most.
      expect(retryAfterMs).toBeGreaterThanOrEqual(1000);
      expect(retryAfterMs).toBeLessThanOrEqual(60_000);
    }
    expect(backend.open).toBe(0);
  }, 60_000);
});
