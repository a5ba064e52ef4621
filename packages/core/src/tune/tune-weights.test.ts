import { describe, expect, it } from 'vitest';
import { defineAttribute } from '@halfspace/contracts';
import { createHalfspace } from '../plugins/container.js';
import type { AnyDecodeOptions } from '../options/options.js';
import { atOnce } from '../testing/at-once.js';
import { toyAttribute } from '../testing/toy-attribute.js';
import { createToyBackend } from '../testing/toy-backend.js';
import type { TuneGoal } from './tune-goal.js';
import type { TuneOptions, TuneProgress } from './tune-options.js';
import { tuneWeights } from './tune-weights.js';

const [kind, calm] = ['kind', 'calm'].map((name, axis) => toyAttribute(name, axis));
const brief = defineAttribute({
  name: 'brief',
  description: 'a test',
  score: ({ prefix, candidates }) => candidates.map(({ text }) => -(prefix + text).length / 4),
});

const halfspace = await createHalfspace({
  backend: createToyBackend({ endLogit: -1 }),
  attributes: [kind, calm, brief],
});
const DECODING = {
  prompts: ['ab', 'cde', 'f g', 'gg', 'bad', 'a face'],
  samples: 4,
  maxTokens: 12,
  topP: 0.95,
  topK: 6,
  seed: 3,
} satisfies Partial<TuneOptions>;

async function tune(
  attributes: Record<string, number>,
  goal: TuneGoal,
  options: Partial<TuneOptions> = {},
  tuned = halfspace,
) {
  return tuneWeights(tuned, { ...DECODING, weights: attributes, goal, ...options });
}

/** Mean KL and margins over the steps of completions with these weights, from their traces. */
async function measure(
  weights: Readonly<Record<string, number>>,
  options: Omit<AnyDecodeOptions, 'formula' | 'bonus'> = {},
) {
  const completions = await halfspace.generate({ ...DECODING, ...options, weights: weights, trace: true });
  const steps = completions.flatMap(({ trace = [] }) => [...trace]);
  const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  const expected = (name: string) =>
    mean(
      steps.map(({ candidates }) =>
        candidates.reduce((sum, { probability, margins }) => sum + probability * margins[name], 0),
      ),
    );
  return { kl: mean(steps.map(({ kl }) => kl)), expected };
}

describe('tuneWeights', () => {
  it('takes conversations as it takes texts', async () => {
    const prompts = DECODING.prompts.map((content) => ({ messages: [{ role: 'user' as const, content }] }));
    const goal = { kl: 0.15 };
    expect(await tune({ kind: 1 }, goal, { prompts })).toEqual(await tune({ kind: 1 }, goal));
  });

  it.each([0.05, 0.15, 0.5])('finds weights that spend %d nats a token', async (kl) => {
    const { weights, settled, rounds } = await tune({ kind: 1, calm: 0.5 }, { kl }, { cap: 0.5 });
    expect(settled).toBe(true);
    expect(weights['kind']).toBeCloseTo(2 * weights['calm'], 9);
    const last = rounds[rounds.length - 1];
    expect(last.weights).toEqual(weights);
    const found = await measure(weights, { cap: 0.5 });
    expect(Math.abs(found.kl / kl - 1)).toBeLessThanOrEqual(0.05);
    expect(last.kl).toBeCloseTo(found.kl, 9);
    for (const name of ['kind', 'calm']) expect(last.margins[name]).toBeCloseTo(found.expected(name), 9);
  });

  it('finds weights that reach levels, also downwards, and keeps others as they are', async () => {
    const levels = [
      { attribute: 'kind', kind: 'at-least', margin: 0.6 },
      { attribute: 'calm', kind: 'at-most', margin: -0.2 },
    ] as const;
    const { weights, settled } = await tune({ brief: 0.5 }, { levels });
    expect(settled).toBe(true);
    expect(weights['brief']).toBe(0.5);
    expect(weights['calm']).toBeLessThan(0);
    const found = await measure(weights);
    expect(Math.abs(found.expected('kind') - 0.6)).toBeLessThanOrEqual(0.05);
    expect(Math.abs(found.expected('calm') + 0.2)).toBeLessThanOrEqual(0.05);
  });

  it('leaves alone what holds without help', async () => {
    const goal: TuneGoal = { levels: [{ attribute: 'kind', kind: 'at-least', margin: -1 }] };
    const { weights, settled, rounds } = await tune({}, goal);
    expect({ weights, settled }).toEqual({ weights: { kind: 0 }, settled: true });
    expect(rounds[rounds.length - 1].kl).toBeCloseTo(0, 12);
  });

  it('says what can be had where a goal cannot', async () => {
    const level = { attribute: 'kind', kind: 'at-least', margin: 9 } as const;
    await expect(tune({}, { levels: [level] })).rejects.toMatchObject({
      code: 'out-of-reach',
      message: expect.stringMatching(/kind at least 9 \(it comes to 1\.\d\d\), at \d\.\d+ nats a token/),
    });
    await expect(tune({ kind: 1 }, { kl: 20 })).rejects.toMatchObject({
      code: 'out-of-reach',
      message: expect.stringMatching(/by 20 nats a token: the largest ones come to 0\.\d\d nats/),
    });
  });

  it('comes to the same each time, and tells how far it is', async () => {
    const told: TuneProgress[] = [];
    const goal = { kl: 0.1 };
    const once = await tune({ kind: 1 }, goal, { onProgress: (progress) => told.push(progress) });
    const narrow = await createHalfspace({
      backend: createToyBackend({ endLogit: -1 }),
      attributes: [kind, calm, brief],
      limits: atOnce(3),
    });
    expect(await tune({ kind: 1 }, goal, {}, narrow)).toEqual(once);
    expect(told.filter(({ done }) => done === 24)).toEqual(
      once.rounds.map((_, round) => ({ round, done: 24, total: 24 })),
    );
  });

  it.each<[Record<string, number>, TuneGoal, Partial<TuneOptions>, RegExp]>([
    [{ kind: 1 }, { kl: 0 }, {}, /above 0; got 0/],
    [{ kind: 0 }, { kl: 0.1 }, {}, /there are none/],
    [{}, { levels: [] }, {}, /no levels/],
    [{}, { levels: [{ attribute: 'kind', kind: 'at-least', margin: NaN }] }, {}, /must be a number; got NaN/],
    [{ kind: 1 }, { kl: 0.1 }, { temperature: 0 }, /temperature 0/],
    [{ kind: 1 }, { kl: 0.1 }, { maxTokens: 0 }, /maxTokens/],
    [{ rude: 1 }, { kl: 0.1 }, {}, /no attribute "rude"/],
    [
      {},
      {
        levels: [
          { attribute: 'kind', kind: 'at-least', margin: 0 },
          { attribute: 'kind', kind: 'at-most', margin: 1 },
        ],
      },
      {},
      /"kind" has two levels/,
    ],
  ])('refuses %j %j %j', async (attributes, goal, options, message) => {
    await expect(tune(attributes, goal, options)).rejects.toThrow(message);
  });
});
