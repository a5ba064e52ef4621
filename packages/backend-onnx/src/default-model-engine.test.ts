import {
  createHalfspace,
  defineAttribute,
  type AnyDecodeOptions,
  type AnyGenerateOptions,
  type Backend,
  type Completion,
  type GenerateOptions,
} from '@halfspace/core';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOnnxBackend, type OnnxBackend } from './create-onnx-backend.js';
import { countRows } from './testing/count-rows.js';

/** An attribute that means nothing and moves the choice of tokens, by a layer. */
function pushed(name: string, layer: number, { model }: Backend) {
  const { fingerprint, width } = model;
  const direction = Float32Array.from({ length: width }, (_, index) => Math.sin(index * index + layer));
  const norm = Math.hypot(...direction);
  return defineAttribute({
    name,
    description: 'Some half of the space.',
    subspaces: [
      {
        model: fingerprint,
        layers: [layer],
        direction: direction.map((value) => value / norm),
        offset: 0,
        calibration: { slope: 0.1, intercept: 0 },
      },
    ],
  });
}

const SENTENCE = 'The ferry came in late, and nobody on the old quay had seen it leave. ';
const PROMPTS = [
  'The river',
  'A neighbour said',
  'The committee',
  'My teacher was',
  'An old map',
  'Her letter',
  'A dog',
  'Trains',
];

const said = (completions: readonly Completion[]) =>
  completions.map((each) => ({
    ...each,
    promptIndex: 0,
    timing: undefined,
    cachedTokens: undefined,
    evaluations: undefined,
  }));

const sum = (values: readonly number[]) => values.reduce((total, each) => total + each, 0);

describe.each(['int8', 'f32'] as const)('the default model serves many calls (%s)', (precision) => {
  let backend: OnnxBackend;
  beforeAll(async () => {
    backend = await createOnnxBackend({ precision, worker: false });
  });
  afterAll(async () => backend.dispose());

  const open = async (limits = {}) =>
    createHalfspace({
      backend,
      attributes: [pushed('early', 18, backend), pushed('deep', backend.model.layers, backend)],
      limits: { maxRows: 256, maxPromptRows: 256, maxCompletions: 256, ...limits },
    });

  it.each<AnyDecodeOptions>([{}, { weights: { early: 2 } }])(
    'eight calls of one completion make the calls of the model that one of eight prompts makes: %j',
    async (options) => {
      const halfspace = await open();
      const ask = async (request: AnyGenerateOptions) => halfspace.generate(request as GenerateOptions);
      const counts = countRows();
      try {
        const request = { maxTokens: 8, seed: 3, ...options };
        const calls = async (work: () => Promise<readonly Completion[]>) => {
          counts.clear();
          const found = await work();
          return { found, calls: counts.lower.length + counts.upper.length + counts.heads };
        };
        // Slices of prompts are sized by time, so prompts are known before.
        await ask({ ...request, prompts: PROMPTS, maxTokens: 1 });
        const one = await calls(async () => ask({ ...request, prompts: PROMPTS }));
        const eight = await calls(async () => {
          const works = PROMPTS.map(async (prompt) => ask({ ...request, prompt }));
          return (await Promise.all(works)).flat();
        });
        expect(said(eight.found)).toEqual(said(one.found));
        expect(eight.calls).toBeLessThanOrEqual(1.1 * one.calls);
      } finally {
        counts.restore();
      }
    },
  );

  it('a request that reads a deep layer leaves the rows of others where they stop', async () => {
    const halfspace = await open();
    const counts = countRows();
    try {
      const common = { maxTokens: 6, topK: 6, topP: 1, seed: 1, lookAhead: 'eager' } as const;
      const early = async () => halfspace.generate({ ...common, prompt: 'The river', weights: { early: 2 } });
      const deep = async () => halfspace.generate({ ...common, prompt: 'Her letter', weights: { deep: 2 } });
      const scored = async () =>
        halfspace.score({ prompt: 'A dog', response: ' barked.', measure: ['deep'] });
      const rows = async (work: () => Promise<unknown>) => {
        counts.clear();
        await work();
        return { lower: sum(counts.lower), upper: sum(counts.upper) };
      };
      const works = [early, deep, scored];
      // Their prompts are known from now on.
      for (const work of works) await work();
      const alone: { lower: number; upper: number }[] = [];
      for (const work of works) alone.push(await rows(work));
      const together = await rows(async () => Promise.all(works.map(async (work) => work())));
      expect(together.lower).toBe(sum(alone.map(({ lower }) => lower)));
      expect(together.upper).toBe(sum(alone.map(({ upper }) => upper)));
      // A row for each token of the one, and all candidates of the other.
      expect(alone[0]?.upper).toBeLessThan((alone[1]?.upper ?? NaN) / 3);
    } finally {
      counts.restore();
    }
  });

  it('runs of a second turn what is new in it, and the token that the first turn ended with', async () => {
    const halfspace = await open();
    const counts = countRows();
    try {
      const prompt = SENTENCE.repeat(7);
      const sampling = { samples: 2, temperature: 1.5, topK: 8, topP: 1, maxTokens: 10, seed: 4 };
      // Over the end of a block of 128 tokens.
      const first = await halfspace.generate({ ...sampling, prompt, weights: { early: 2 } });
      for (const { tokens } of first) {
        const turn = [
          ...backend.tokenizer.encode(prompt),
          ...tokens,
          ...backend.tokenizer.encode(' So be it'),
        ];
        counts.clear();
        const [found] = await backend.prefill([{ tokens: turn, rowsPerStep: 3 }]);
        expect([sum(counts.lower), sum(counts.upper), found?.cachedTokens]).toEqual([4, 4, turn.length - 4]);
        if (found !== undefined) backend.release(found.context);
      }
    } finally {
      counts.restore();
    }
  });

  it('has the same texts in any company, with any limits', async () => {
    const request = fc.record({
      prompt: fc.constantFrom(...PROMPTS.slice(0, 4), SENTENCE.repeat(3)),
      samples: fc.integer({ min: 1, max: 2 }),
      maxTokens: fc.integer({ min: 1, max: 6 }),
      seed: fc.nat(3),
      topK: fc.constantFrom(3, 10),
      how: fc.constantFrom<AnyDecodeOptions>(
        {},
        { weights: { early: 2 } },
        { weights: { deep: -2, early: 1 } },
        { weights: { deep: 1 }, control: { mode: 'kl-budget', nats: 0.2, per: 'token' } },
        { temperature: 0 },
      ),
    });
    const limits = fc.record({
      maxRows: fc.integer({ min: 4, max: 40 }),
      maxPromptRows: fc.integer({ min: 5, max: 64 }),
    });
    await fc.assert(
      fc.asyncProperty(limits, fc.array(request, { minLength: 3, maxLength: 5 }), async (own, calls) => {
        const halfspace = await open(own);
        const works = calls.map(({ how, ...rest }) => ({ ...rest, ...how }) as GenerateOptions);
        const found = await Promise.all(works.map(async (options) => halfspace.generate(options)));
        for (const [i, options] of works.entries()) {
          expect(said(found[i] ?? [])).toEqual(said(await halfspace.generate(options)));
        }
      }),
      { numRuns: 3 },
    );
  });
});
