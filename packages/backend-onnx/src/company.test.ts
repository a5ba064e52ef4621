import { setImmediate, setTimeout as sleep } from 'node:timers/promises';
import {
  createHalfspace,
  defineAttribute,
  defineFilter,
  engineStats,
  type AnyGenerateOptions,
  type Backend,
  type Completion,
  type GenerateOptions,
} from '@halfspace/core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { countContexts } from './testing/count-contexts.js';
import { openSmallModel, WIDTH, type SmallModel } from './testing/small-model.js';

const CONTEXT = 200;
const MIB = 2 ** 20;

/** An attribute that reads some layers along a made-up direction. */
function attributeOf(name: string, layers: readonly number[], { model }: Backend) {
  const raw = Float64Array.from({ length: WIDTH * layers.length }, (_, i) => Math.sin(i * i + 1));
  const direction = Float32Array.from(raw, (value) => value / Math.hypot(...raw));
  const calibration = { slope: 2, intercept: 0 };
  const subspaces = [{ model: model.fingerprint, layers, direction, offset: 0, calibration }];
  return defineAttribute({ name, description: 'a test', subspaces });
}

const plugin = (name: string, score: () => number[] | Promise<number[]>) =>
  defineAttribute({ name, description: 'a test', timeoutMs: 20, score });
const throwing = plugin('throwing', () => {
  throw new Error('not today');
});
const hanging = plugin('hanging', async () => new Promise(() => {}));
const lying = plugin('lying', () => [NaN]);
const slow = defineAttribute({
  name: 'slow',
  description: 'a test',
  score: async ({ prefix, candidates }) => {
    await sleep(prefix.length % 3);
    return candidates.map(({ text }) => (text.includes('b') ? 0.5 : 0));
  },
});
const short = defineFilter({
  name: 'short',
  allows: ({ candidates }) => candidates.map(({ token }) => token % 3 !== 0),
});

async function halfspaceOn(backend: Backend, limits = {}) {
  const attributes = [
    attributeOf('deep', [1, 2], backend),
    attributeOf('early', [1], backend),
    throwing,
    hanging,
    lying,
    slow,
  ];
  return createHalfspace({ backend, attributes, limits });
}

/** What a completion says, without what its company and the cache have to do with. */
const said = (completions: readonly Completion[]) =>
  completions.map((each) => ({
    ...each,
    timing: undefined,
    cachedTokens: undefined,
    evaluations: undefined,
    // Lazy look-ahead estimates it from the draw alone, whatever else was run.
    error: each.error?.code,
  }));

const word = fc.string({
  unit: fc.integer({ min: 33, max: 40 }).map((code) => String.fromCharCode(code)),
  minLength: 1,
  maxLength: 30,
});

/** Requests of all kinds. */
const request = fc.record({
  prompt: fc.tuple(fc.constantFrom('', 'system: be kind. ', 'system: '), word).map((parts) => parts.join('')),
  samples: fc.integer({ min: 1, max: 3 }),
  maxTokens: fc.integer({ min: 1, max: 10 }),
  seed: fc.nat(9),
  topK: fc.constantFrom(1, 4, 0),
  temperature: fc.constantFrom(0, 0.7, 1),
  how: fc.constantFrom<AnyGenerateOptions>(
    {},
    { weights: { deep: 2 } },
    { weights: { early: 3, deep: -1 } },
    { weights: { deep: 1 }, lookAhead: 'eager' },
    { weights: { early: 2 }, control: { mode: 'kl-budget', nats: 0.2, per: 'token' } },
    { weights: { early: 1 }, redraw: { ifMeanBelow: { deep: 0.2 }, maxAttempts: 2 } },
    { weights: { slow: 1, early: 1 } },
    { weights: { throwing: 1 } },
    { weights: { lying: 1 } },
    { filters: [short] },
    { repetitionPenalty: 1.3 },
  ),
});

describe.each(['grouped-tied', 'gemma3'] as const)('requests in any company (%s)', (name) => {
  let off: SmallModel;
  let warm: SmallModel;
  let full: SmallModel;
  beforeAll(async () => {
    off = await openSmallModel(name, {}, CONTEXT);
    warm = await openSmallModel(name, {}, CONTEXT, MIB);
    full = await openSmallModel(name, {}, CONTEXT, 30_000);
  });
  afterAll(async () => {
    for (const model of [off, warm, full]) await model.close();
  });

  it('have the texts and figures that each has alone, to the last bit, with any cache and any limits', async () => {
    const alone = await halfspaceOn(off.backend);
    const limits = fc.record({
      maxRows: fc.integer({ min: 1, max: 30 }),
      maxPromptRows: fc.integer({ min: 1, max: 40 }),
      maxCompletions: fc.integer({ min: 1, max: 20 }),
    });
    const company = fc.array(fc.record({ delay: fc.nat(8), request }), { minLength: 2, maxLength: 7 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('warm', 'full', 'off'), limits, company, async (cache, own, calls) => {
        const { backend } = { warm, full, off }[cache];
        const halfspace = await halfspaceOn(backend, own);
        const optionsOf = ({ how, ...rest }: (typeof calls)[number]['request']) =>
          ({ ...rest, ...how }) as GenerateOptions;
        const found = await Promise.all(
          calls.map(async ({ delay, request: each }) => {
            for (let turn = 0; turn < delay; turn++) await setImmediate();
            return halfspace.generate(optionsOf(each));
          }),
        );
        for (const [i, { request: each }] of calls.entries()) {
          expect(said(found[i] ?? [])).toEqual(said(await alone.generate(optionsOf(each))));
        }
      }),
      { numRuns: 8 },
    );
  }, 120_000);
});

describe('a small model that serves many', () => {
  let model: SmallModel;
  beforeAll(async () => {
    model = await openSmallModel('grouped-tied', {}, CONTEXT, 30_000);
  });
  afterAll(async () => model.close());

  it('is left with nothing by a thousand aborts at random moments', async () => {
    const backend = countContexts(model.backend);
    const halfspace = await halfspaceOn(backend);
    let aborted = 0;
    for (let round = 0; round < 20; round++) {
      const works = Array.from({ length: 50 }, async (_, i) => {
        const controller = new AbortController();
        const { signal } = controller;
        const prompt = `${'ab'.repeat(1 + (i % 4))}${'c'.repeat(i)}`;
        const weights = [{}, { deep: 1 }, { slow: 1 }, { hanging: 1 }][i % 4] ?? {};
        const work =
          i % 5 === 0
            ? halfspace.score({ prompt, response: 'abc', measure: ['deep', 'slow'], signal })
            : halfspace.generate({ prompt, samples: 2, maxTokens: 5, weights, signal });
        const settled = work.catch((error: unknown) => {
          expect(error).toMatchObject({ code: 'aborted' });
          aborted++;
        });
        await sleep((i * 7 + round * 3) % 29);
        controller.abort();
        return settled;
      });
      await Promise.all(works);
      expect(backend.open).toBe(0);
      expect(engineStats(backend)).toMatchObject({ jobs: 0, live: 0, waitingPrompts: 0 });
    }
    expect(aborted).toBeGreaterThan(300);
  }, 120_000);

  it('does not grow with completions of all kinds', async () => {
    const backend = countContexts(model.backend);
    const halfspace = await halfspaceOn(backend);
    const kinds: ((options: { prompt: string; seed: number; maxTokens: number }) => Promise<unknown>)[] = [
      async (options) => halfspace.generate(options),
      async (options) => halfspace.generate({ ...options, weights: { deep: 2, early: 1 } }),
      async (options) =>
        halfspace.generate({
          ...options,
          weights: { early: 2 },
          control: { mode: 'kl-budget', nats: 0.2, per: 'token' },
        }),
      async (options) =>
        halfspace.generate({ ...options, redraw: { ifMeanBelow: { deep: 0.5 }, maxAttempts: 2 } }),
      async (options) => halfspace.generate({ ...options, filters: [short] }),
      async (options) => halfspace.generate({ ...options, weights: { throwing: 1 } }),
      async (options) => halfspace.generate({ ...options, weights: { lying: 1 } }),
      async (options) => halfspace.generate({ ...options, weights: { hanging: 1 } }),
      async ({ prompt }) => halfspace.score({ prompt, response: 'abc', measure: ['deep'] }),
      async (options) => {
        for await (const _ of halfspace.stream({ ...options, maxTokens: 30 })) break;
      },
      async (options) => {
        const controller = new AbortController();
        const work = halfspace.generate({ ...options, signal: controller.signal });
        await setImmediate();
        controller.abort();
        return work.catch(() => undefined);
      },
    ];
    const hundreds = async (first: number) => {
      const works = Array.from({ length: 220 }, async (_, i) => {
        const prompt = `system: ${'abcdefgh'.slice(i % 8)}${first + i}`;
        return kinds[i % kinds.length]?.({ prompt, seed: i, maxTokens: 1 + (i % 6) });
      });
      await Promise.all(works);
      expect(backend.open).toBe(0);
      expect(engineStats(backend)).toMatchObject({ jobs: 0, live: 0, waitingPrompts: 0 });
      expect(model.backend.cacheStats().bytes).toBeLessThanOrEqual(30_000);
      return process.memoryUsage().rss;
    };
    await hundreds(0);
    const before = await hundreds(1000);
    let after = before;
    for (let more = 2; more < 6; more++) after = await hundreds(1000 * more);
    expect((after - before) / MIB).toBeLessThan(64);
  }, 120_000);
});
