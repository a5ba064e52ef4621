import { describe, expect, it } from 'vitest';
import { defineAttribute } from '@halfspace/contracts';
import type { Completion } from '../../decode/completion.js';
import { createHalfspace } from '../../plugins/container.js';
import type { AnyGenerateOptions, GenerateOptions } from '../../options/options.js';
import { tabulate } from '../../options/weight-tables.js';
import { toyAttribute } from '../../testing/toy-attribute.js';
import { createToyBackend } from '../../testing/toy-backend.js';

const brief = defineAttribute({
  name: 'brief',
  description: 'a test',
  score: ({ prefix, candidates }) => candidates.map(({ text }) => -(prefix + text).length / 4),
});

async function generate(options: AnyGenerateOptions): Promise<Completion[]> {
  const attributes = [toyAttribute('kind', 0), toyAttribute('self-calm', 1), brief];
  const halfspace = await createHalfspace({ backend: createToyBackend({ endLogit: -4 }), attributes });
  const plain = { maxTokens: 10, samples: 5, topK: 0, topP: 1 };
  const prompt = options.prompts === undefined ? { prompt: 'abc' } : {};
  const cap = options.formula === undefined ? { cap: Infinity } : {};
  return halfspace.generate({ ...plain, ...prompt, ...cap, ...options } as GenerateOptions);
}

/** What is drawn and what it costs; without what is measured of it. */
const drawn = (completions: readonly Completion[]) =>
  completions.map(({ text, tokens, kl, logprob, evaluations }) => ({
    text,
    tokens,
    kl,
    logprob,
    evaluations,
  }));

type BonusAt = (margins: Readonly<Record<string, number>>, step: number) => number;

/** Makes sure that every step was drawn from p(x)·exp(bonus(x)). */
function expectTilted(completions: readonly Completion[], bonusAt: BonusAt): void {
  const steps = completions.flatMap(({ trace = [] }) => [...trace]);
  expect(steps.length).toBeGreaterThan(20);
  for (const { step, candidates } of steps) {
    const masses = candidates.map(({ reference, margins }) => reference * Math.exp(bonusAt(margins, step)));
    const mass = masses.reduce((sum, value) => sum + value, 0);
    candidates.forEach(({ probability }, x) => expect(probability).toBeCloseTo(masses[x] / mass, 10));
  }
}

describe('weights', () => {
  it('of a schedule are those of each step', async () => {
    const tables = await tabulate({ kind: '4 - 3*progress', calm: 2, brief: '-(step > 1)' }, 4, 8);
    expect(tables).toEqual({
      kind: Float64Array.of(4, 3.625, 3.25, 2.875),
      calm: Float64Array.of(2, 2, 2, 2),
      brief: Float64Array.of(-0, -0, -1, -1),
    });
    await expect(tabulate({ kind: '2 / (step - 3)' }, 4, 4)).rejects.toThrow(/"kind".*Infinity at step 3/);
    await expect(tabulate({ kind: 'nontoxic' }, 4, 4)).rejects.toThrow(/The weight of "kind" is wrong/);
  });

  it('steer away below 0, and change with the step', async () => {
    const attributes = { kind: '3 - 6*progress', 'self-calm': -1.5 };
    expectTilted(
      await generate({ weights: attributes, trace: true }),
      (margins, step) => (3 - 0.6 * step) * margins['kind'] - 1.5 * margins['self-calm'],
    );
  });

  it('are in the trace: those of each step, and those that were asked for', async () => {
    const prompts = ['abc', { text: 'abc', weights: { 'self-calm': { weight: -2, cap: Infinity } } }];
    const attributes = { kind: '3*(step > 0) - 6*progress' };
    const [first, second] = await generate({
      prompts,
      weights: attributes,
      trace: true,
      samples: 1,
      cap: 0.5,
    });
    const settings = { model: 'toy-fingerprint', seed: 0, temperature: 1, bonus: 'margin' };
    expect(first.settings).toEqual({
      ...settings,
      weights: { ...attributes, 'self-calm': 0 },
      caps: { kind: 0.5, 'self-calm': 0.5 },
    });
    expect(second.settings).toEqual({
      ...settings,
      weights: { ...attributes, 'self-calm': -2 },
      caps: { kind: 0.5, 'self-calm': Infinity },
    });
    expect(first.trace?.[0]).not.toHaveProperty('control');
    for (const { step, candidates, control } of second.trace ?? []) {
      const kind = step === 0 ? 0 : 3 - 0.6 * step;
      expect(control).toMatchObject({ status: 'inactive', share: 1, constraintWeights: [], conflicts: [] });
      expect(control?.weights).toEqual({ kind: expect.closeTo(kind, 12), 'self-calm': -2 });
      for (const name of ['kind', 'self-calm']) {
        const mean = (when: 'reference' | 'probability') =>
          candidates.reduce((sum, each) => sum + each[when] * each.margins[name], 0);
        expect(control?.expected[name].before).toBeCloseTo(mean('reference'), 10);
        expect(control?.expected[name].after).toBeCloseTo(mean('probability'), 10);
      }
    }
    const [plain] = await generate({ prompts, weights: attributes });
    expect(plain).not.toHaveProperty('settings');
  });

  it('of 0 leave a step to the model, at the price of one row', async () => {
    const plain = await generate({});
    const late = await generate({ weights: { kind: '3*(step >= 4)' }, cap: 1 });
    late.forEach(({ tokens, evaluations }, i) => {
      expect(tokens.slice(0, 4)).toEqual(plain[i].tokens.slice(0, 4));
      expect(evaluations).toBeGreaterThan(tokens.length);
    });
    expect(late.map(({ tokens }) => tokens)).not.toEqual(plain.map(({ tokens }) => tokens));
    const never = await generate({ weights: { kind: '0*step' }, cap: 1 });
    expect(drawn(never)).toEqual(drawn(plain));
  });

  it('of a prompt are as if it were alone with them', async () => {
    const shared = { kind: 2, 'self-calm': 1 };
    const messages = [{ role: 'user', content: 'b a' }] as const;
    const together = await generate({
      prompts: [
        'abc',
        { text: 'f g', weights: { kind: -1 } },
        { text: 'f g', weights: { kind: 0, 'self-calm': 0 } },
        { text: 'dd' },
        { messages, weights: { 'self-calm': '3*progress' } },
        { text: 'ef', weights: { brief: { weight: 1, cap: 2 } } },
      ],
      weights: shared,
      cap: 0.5,
      lookAhead: 'eager',
    });
    const alone = await Promise.all(
      [
        { prompts: ['abc'], weights: shared },
        { prompts: ['f g'], weights: { kind: -1, 'self-calm': 1 } },
        { prompts: ['f g'] },
        { prompts: ['dd'], weights: shared },
        { prompts: ['b a'], weights: { kind: 2, 'self-calm': '3*progress' } },
        { prompts: ['ef'], weights: { ...shared, brief: { weight: 1, cap: 2 } } },
      ].map(async (options) => generate({ ...options, cap: 0.5, lookAhead: 'eager' })),
    );
    expect(drawn(together)).toEqual(drawn(alone.flat()));
  });
});

describe('a formula', () => {
  it('of the first degree is what weights are', async () => {
    const weighted = await generate({ weights: { kind: 2, 'self-calm': -1 } });
    const formula = await generate({ formula: '2*kind - self_calm' });
    expect(formula.map(({ tokens }) => tokens)).toEqual(weighted.map(({ tokens }) => tokens));
    formula.forEach(({ kl, evaluations }, i) => {
      expect(kl).toBeCloseTo(weighted[i].kl, 10);
      expect(evaluations).toBe(weighted[i].evaluations);
    });
  });

  it('gives every candidate what it says of its margins', async () => {
    const formula = '2*min(kind, self_calm) + (kind > 0 ? 1 : -step/10) - 3*progress*self_calm + brief';
    const attributes = { brief: 0 };
    expectTilted(await generate({ formula, weights: attributes, trace: true }), (margins, step) => {
      const [one, other] = [margins['kind'], margins['self-calm']];
      return 2 * Math.min(one, other) + (one > 0 ? 1 : -step / 10) - 0.3 * step * other + margins['brief'];
    });
  });

  it('is scaled down to a budget', async () => {
    const completions = await generate({
      formula: '4*smoothMin(kind, self_calm)',
      control: { mode: 'kl-budget', nats: 0.15 },
      trace: true,
    });
    const steps = completions.flatMap(({ trace = [] }) => [...trace]);
    expect(steps.some(({ control }) => control?.status === 'optimal')).toBe(true);
    expect(completions[0].settings).toMatchObject({ formula: '4*smoothMin(kind, self_calm)' });
    expect(completions[0].settings).not.toHaveProperty('caps');
    for (const { candidates, kl, control } of steps) {
      expect(kl).toBeLessThanOrEqual(0.15);
      if (control?.status === 'optimal') expect(kl).toBeCloseTo(0.15, 9);
      // The bonus of all candidates is scaled by the same share: log q/p is a line of it.
      const gains = candidates.map(
        ({ margins }) => -Math.log(Math.exp(-margins['kind']) + Math.exp(-margins['self-calm'])),
      );
      const moved = candidates.map(({ probability, reference }) => Math.log(probability / reference));
      const slopes = gains.slice(1).map((gain, x) => (moved[x + 1] - moved[0]) / (gain - gains[0]));
      for (const slope of slopes) expect(slope).toBeCloseTo(4 * (control?.share ?? NaN), 6);
    }
  });

  it('comes before constraints', async () => {
    const completions = await generate({
      formula: '2*abs(kind)',
      control: {
        mode: 'constraints',
        constraints: [{ kind: 'at-most', attribute: 'self-calm', margin: 100 }],
      },
      trace: true,
    });
    expectTilted(completions, (margins) => 2 * Math.abs(margins['kind']));
    expect(completions.map(({ statuses }) => statuses?.inactive)).toEqual(
      completions.map(({ tokens }) => tokens.length),
    );
  });

  it('that is not finite ends its own completion', async () => {
    const completions = await generate({
      formula: 'step < 2 ? kind : kind/(step - 2)',
      trace: true,
    });
    for (const { tokens, error, finishReason, trace = [] } of completions) {
      if (error === undefined) continue;
      expect(error).toMatchObject({
        code: 'formula-not-finite',
        message: expect.stringMatching(/At step 2 .* is -?Infinity for candidate 0 \(kind -?\d/),
      });
      expect(finishReason).toBe('error');
      expect(tokens).toHaveLength(2);
      expect(trace).toHaveLength(2);
    }
    expect(completions.filter(({ error }) => error !== undefined).length).toBeGreaterThan(0);
  });
});
