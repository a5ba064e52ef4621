import {
  createHalfspace,
  defineAttribute,
  type Backend,
  type Completion,
  type Context,
  type DecodeOptions,
  type GenerateOptions,
} from '@halfspace/core';
import fc from 'fast-check';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { countRows } from './testing/count-rows.js';
import { openSmallModel, WIDTH, type SmallModel } from './testing/small-model.js';

const CONTEXT = 200;
const NAMES = ['grouped-tied', 'gemma3'] as const;
const MIB = 2 ** 20;

/** An attribute of a small model that reads some layers along made-up directions. */
function attributeOf(name: string, layers: readonly number[], { model }: Backend) {
  const raw = Float64Array.from({ length: WIDTH * layers.length }, (_, i) => Math.sin(i * i + 1));
  const direction = Float32Array.from(raw, (value) => value / Math.hypot(...raw));
  const calibration = { slope: 2, intercept: 0 };
  const subspaces = [{ model: model.fingerprint, layers, direction, offset: 0, calibration }];
  return defineAttribute({ name, description: 'a test', subspaces });
}

/** What a completion says, without what it cost. */
const said = (completions: readonly Completion[]) =>
  completions.map((each) => ({ ...each, timing: undefined, cachedTokens: undefined }));

// Also where a test fails before it stops counting.
afterEach(() => void vi.restoreAllMocks());

const rowsOf = (lower: readonly number[]) => lower.reduce((sum, rows) => sum + rows, 0);

describe.each(NAMES)('the cache of texts (%s)', (name) => {
  let off: SmallModel;
  let warm: SmallModel;
  /** Room for a few dozen tokens alone. */
  let full: SmallModel;
  beforeAll(async () => {
    off = await openSmallModel(name, {}, CONTEXT);
    warm = await openSmallModel(name, {}, CONTEXT, MIB);
    full = await openSmallModel(name, {}, CONTEXT, 30_000);
  });
  afterAll(async () => {
    for (const model of [off, warm, full]) await model.close();
  });

  it('does not run again what a prompt has in common with an earlier text, decoded tokens included', async () => {
    const model = await openSmallModel(name, {}, CONTEXT, MIB);
    const { backend } = model;
    const counts = countRows();
    const tokens = Array.from({ length: 50 }, (_, i) => 5 + (i % 40));
    const run = async (prompt: readonly number[], from = prompt.length - 1) => {
      counts.clear();
      const [found] = await backend.prefill([{ tokens: prompt, rowsPerStep: 1, layers: [2], from }]);
      return { context: found?.context as Context, known: found?.cachedTokens, rows: rowsOf(counts.lower) };
    };
    const cold = await run(tokens);
    expect(cold).toMatchObject({ known: 0, rows: 50 });
    // Also while it is in use.
    const other = [...tokens.slice(0, 30), 60, 61];
    const beside = await run(other);
    expect(beside).toMatchObject({ known: 30, rows: 2 });
    const [look] = await backend.lookAhead([{ context: cold.context, tokens: [70, 71], layers: [] }]);
    const longer = [70, 71].map((token) => look?.commit(token) as Context);
    await backend.next(longer.map((context) => ({ context, topK: 1 })));
    for (const context of [cold.context, beside.context, ...longer]) backend.release(context);
    expect(await run([...tokens, 70, 72])).toMatchObject({ known: 51, rows: 1 });
    expect(await run([...tokens, 71, 72])).toMatchObject({ known: 51, rows: 1 });
    // Where hidden states of a prompt are wanted it is run.
    expect(await run(tokens, 20)).toMatchObject({ known: 20, rows: 30 });
    expect(await run(tokens, 0)).toMatchObject({ known: 0, rows: 50 });
    expect(backend.cacheStats()).toMatchObject({ hits: 30 + 51 + 51 + 20, mostBytes: MIB });
    counts.restore();
    await model.close();
  });

  it.each<DecodeOptions>([{}, { weights: { early: -3 } }, { weights: { early: -3 }, lookAhead: 'eager' }])(
    'runs of a second turn what is new in it, and the token that the first ended with: %j',
    async (options) => {
      const model = await openSmallModel(name, {}, CONTEXT, MIB);
      const { backend } = model;
      const attributes = [attributeOf('deep', [1, 2], backend), attributeOf('early', [1], backend)];
      const halfspace = await createHalfspace({ backend, attributes });
      const prompts = ['once more', 'and then'];
      const sampling = { samples: 2, temperature: 2, topK: 12, topP: 1, maxTokens: 24, seed: 5 };
      const first = await halfspace.generate({ prompts, ...sampling, ...options });
      const counts = countRows();
      for (const { prompt, tokens } of first) {
        const turn = [...backend.tokenizer.encode(prompt), ...tokens, 60, 61, 62];
        const request = { tokens: turn, rowsPerStep: 1, layers: [2], from: turn.length - 1 };
        counts.clear();
        const [found] = await backend.prefill([request]);
        expect(rowsOf(counts.lower)).toBe(3 + 1);
        expect(rowsOf(counts.upper)).toBe(3 + 1);
        expect(found?.cachedTokens).toBe(turn.length - 3 - 1);
        backend.release(found?.context as Context);
      }
      counts.restore();
      await model.close();
    },
  );

  it('runs what prompts of a call have in common once', async () => {
    const model = await openSmallModel(name, {}, CONTEXT, MIB);
    const { backend } = model;
    const counts = countRows();
    const shared = Array.from({ length: 40 }, (_, i) => 5 + (i % 30));
    const prompts = [0, 1, 2, 2].map((last) => [...shared, 50, 60 + last]);
    const found = await backend.prefill(prompts.map((tokens) => ({ tokens, rowsPerStep: 1 })));
    expect(counts.lower).toEqual([42, 2, 1]);
    expect(found.map(({ cachedTokens }) => cachedTokens)).toEqual([0, 41, 41, 41]);
    counts.restore();
    await model.close();
  });

  it('keeps nothing of texts that are measured, and uses nothing for them', async () => {
    const { backend } = warm;
    const tokens = Array.from({ length: 40 }, (_, i) => 80 - (i % 30));
    const before = backend.cacheStats();
    await backend.logProbs(tokens);
    await backend.states([tokens], { layers: [2] });
    expect(backend.cacheStats()).toEqual(before);
  });

  it('changes no text, no score and no figure, to the last bit, whether it is cold, warm, full or off', async () => {
    const character = fc.integer({ min: 33, max: 40 }).map((code) => String.fromCharCode(code));
    const word = fc.string({ unit: character, minLength: 1, maxLength: 12 });
    const request = fc.record({
      prompts: fc.array(fc.tuple(fc.constantFrom('', 'system: be kind. ', 'system: '), word), {
        minLength: 1,
        maxLength: 3,
      }),
      samples: fc.integer({ min: 1, max: 2 }),
      seed: fc.nat(9),
      weights: fc.constantFrom({}, { deep: 2 }, { early: 3 }, { deep: 1, early: -1 }),
      topK: fc.constantFrom(1, 4),
    });
    const made = [off, warm, full].map(async ({ backend }) => {
      const attributes = [attributeOf('deep', [1, 2], backend), attributeOf('early', [1], backend)];
      return createHalfspace({ backend, attributes });
    });
    const halves = await Promise.all(made);
    await fc.assert(
      fc.asyncProperty(fc.array(request, { minLength: 1, maxLength: 4 }), async (requests) => {
        for (const { prompts, weights, ...rest } of requests) {
          const options: GenerateOptions = {
            ...rest,
            weights,
            prompts: prompts.map((parts) => parts.join('')),
            maxTokens: 8,
          };
          const [first, ...others] = await Promise.all(halves.map(async (each) => each.generate(options)));
          for (const other of others) expect(said(other)).toEqual(said(first ?? []));
          // The next turn begins with the text so far.
          const turn = `${first?.[0]?.prompt}${first?.[0]?.text} and`;
          const scored = halves.map(async (each) =>
            each.score({ prompt: turn, response: ' on', measure: ['deep', 'early'] }),
          );
          const [score, ...further] = await Promise.all(scored);
          for (const other of further) expect(other).toEqual(score);
          const next = halves.map(async (each) => each.generate({ ...options, prompts: [turn] }));
          const [second, ...more] = await Promise.all(next);
          for (const other of more) expect(said(other)).toEqual(said(second ?? []));
        }
      }),
      { numRuns: 12 },
    );
    expect(warm.backend.cacheStats().hits).toBeGreaterThan(100);
    expect(full.backend.cacheStats().bytes).toBeLessThanOrEqual(30_000);
    expect(full.backend.cacheStats().tokens).toBeGreaterThan(5);
    expect(off.backend.cacheStats()).toMatchObject({ tokens: 0, hits: 0 });
  });
});
