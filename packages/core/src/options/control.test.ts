import { describe, expect, it } from 'vitest';
import { createHalfspace } from '../plugins/container.js';
import type { Completion, TracedStep } from '../decode/completion.js';
import type { Constraint } from './control.js';
import type { AnyDecodeOptions, GenerateOptions } from './options.js';
import { chiSquareDeviate } from '../testing/chi-square.js';
import { toyAttribute } from '../testing/toy-attribute.js';
import { createToyBackend, TOY_VOCABULARY } from '../testing/toy-backend.js';

async function generate(options: AnyDecodeOptions): Promise<Completion[]> {
  const attributes = [toyAttribute('kind', 0), toyAttribute('calm', 1)];
  const halfspace = await createHalfspace({ backend: createToyBackend({ endLogit: -4 }), attributes });
  return halfspace.generate({
    prompt: 'abc',
    maxTokens: 10,
    samples: 5,
    topK: 0,
    topP: 1,
    trace: true,
    ...options,
  } as GenerateOptions);
}

const stepsOf = (completions: readonly Completion[]): TracedStep[] =>
  completions.flatMap(({ trace = [] }) => [...trace]);

/** Σ of something over the candidates, weighted by their probability before or after. */
function expectation(
  { candidates }: TracedStep,
  when: 'reference' | 'probability',
  valueOf: (margins: Readonly<Record<string, number>>) => number,
): number {
  return candidates.reduce((sum, each) => sum + each[when] * valueOf(each.margins), 0);
}

describe('kl-budget', () => {
  it('scales the weights down where they would spend more, and leaves them where not', async () => {
    const nats = 0.2;
    const completions = await generate({
      weights: { kind: 1.5, calm: 0.5 },
      cap: Infinity,
      control: { mode: 'kl-budget', nats },
    });
    const steps = stepsOf(completions);
    for (const step of steps) {
      const { control, kl, candidates } = step;
      expect(kl).toBeLessThanOrEqual(nats);
      if (control?.status === 'optimal') expect(kl).toBeCloseTo(nats, 9);
      else expect(control).toMatchObject({ status: 'inactive', weights: { kind: 1.5, calm: 0.5 } });
      const { kind, calm } = control?.weights ?? {};
      expect(kind / calm).toBeCloseTo(3, 9);
      const tilted = candidates.map(
        ({ reference, margins }) => reference * Math.exp(kind * margins['kind'] + calm * margins['calm']),
      );
      const mass = tilted.reduce((sum, value) => sum + value, 0);
      candidates.forEach(({ probability }, i) => expect(probability).toBeCloseTo(tilted[i] / mass, 9));
    }
    for (const { statuses, tokens } of completions) {
      const { optimal = 0, inactive = 0, infeasible } = statuses ?? {};
      expect({ steps: optimal + inactive, infeasible }).toEqual({ steps: tokens.length, infeasible: 0 });
    }
    const found = new Set(steps.map(({ control }) => control?.status));
    expect(found).toEqual(new Set(['optimal', 'inactive']));
  });

  it.each([0, 0.5, Infinity])('is the penalty where the budget is large: cap %d', async (cap) => {
    const options = { weights: { kind: 2 }, trace: false, cap, lookAhead: 'eager' } as const;
    const penalty = await generate(options);
    const budget = await generate({ ...options, control: { mode: 'kl-budget', nats: 1000 } });
    expect(budget.map(({ tokens, kl }) => [tokens, kl])).toEqual(
      penalty.map(({ tokens, kl }) => [tokens, kl]),
    );
    expect(penalty[0]).not.toHaveProperty('statuses');
  });

  it('gives a completion its nats, and hands on what a step leaves', async () => {
    const [nats, maxTokens] = [2, 10];
    const completions = await generate({
      maxTokens,
      weights: { kind: 1.5 },
      control: { mode: 'kl-budget', nats, per: 'completion' },
    });
    for (const { kl, trace = [] } of completions) {
      expect(kl).toBeLessThanOrEqual(nats * (1 + 1e-12));
      let spent = 0;
      trace.forEach((step, index) => {
        const left = (nats * (index + 1)) / maxTokens - spent;
        expect(step.kl).toBeLessThanOrEqual(left + 1e-12);
        if (step.control?.status === 'optimal') expect(step.kl).toBeCloseTo(left, 9);
        spent += step.kl;
      });
    }
    expect(Math.max(...stepsOf(completions).map(({ kl }) => kl))).toBeGreaterThan((1.02 * nats) / maxTokens);
  });
});

describe('constraints', () => {
  it('holds in every step, or says that it cannot', async () => {
    const constraints: Constraint[] = [
      { kind: 'at-least', attribute: 'kind', margin: 0.9 },
      { kind: 'keep', attribute: 'calm', priority: 2 },
      { kind: 'chance', attribute: 'kind', margin: -1, probability: 0.95, priority: 3 },
    ];
    const completions = await generate({ control: { mode: 'constraints', constraints } });
    const statuses = new Set<string | undefined>();
    for (const step of stepsOf(completions)) {
      const { control } = step;
      statuses.add(control?.status);
      const kind = expectation(step, 'probability', (margins) => margins['kind']);
      const calm = expectation(step, 'probability', (margins) => margins['calm']);
      const kept = expectation(step, 'reference', (margins) => margins['calm']);
      const chance = expectation(step, 'probability', (margins) => Number(margins['kind'] >= -1));
      expect(control?.expected['kind'].after).toBeCloseTo(kind, 9);
      expect(control?.expected['calm']).toEqual({
        before: expect.closeTo(kept, 9),
        after: expect.closeTo(calm, 9),
      });
      if (control?.status === 'infeasible') {
        expect(control.conflicts.length).toBeGreaterThan(0);
        continue;
      }
      expect(control?.conflicts).toEqual([]);
      expect(kind).toBeGreaterThanOrEqual(0.9 - 1e-8);
      expect(calm).toBeCloseTo(kept, 8);
      expect(chance).toBeGreaterThanOrEqual(0.95 - 1e-8);
    }
    expect(statuses).toContain('optimal');
    for (const completion of completions) expect(Object.keys(completion.margins)).toEqual(['kind', 'calm']);
  });

  it('starts from the tilt of the weights', async () => {
    const constraints: Constraint[] = [{ kind: 'at-most', attribute: 'calm', margin: 100 }];
    const control = { mode: 'constraints', constraints } as const;
    const weights = { kind: { weight: 2, cap: 0.4 } };
    const tilted = await generate({ weights, control });
    const penalty = await generate({ weights });
    expect(tilted.map(({ tokens }) => tokens)).toEqual(penalty.map(({ tokens }) => tokens));
    tilted.forEach(({ kl }, i) => expect(kl).toBeCloseTo(penalty[i].kl, 9));
    expect(tilted[0].trace?.[0].control).toMatchObject({ status: 'inactive', weights: { kind: 2, calm: 0 } });
  });

  it('draws from the distribution that it finds', async () => {
    const constraints: Constraint[] = [{ kind: 'chance', attribute: 'kind', margin: 0.5, probability: 0.9 }];
    const completions = await generate({
      samples: 3000,
      maxTokens: 1,
      control: { mode: 'constraints', constraints },
    });
    const [{ candidates }] = stepsOf(completions);
    const probabilities = TOY_VOCABULARY.map(
      (_, token) => candidates.find((each) => each.token === token)?.probability ?? 0,
    );
    const counts = TOY_VOCABULARY.map(
      (_, token) => completions.filter(({ tokens }) => tokens[0] === token).length,
    );
    expect(chiSquareDeviate(counts, probabilities)).toBeLessThan(4);
  });
});

it.each<[AnyDecodeOptions, RegExp]>([
  [{ control: { mode: 'kl-budget', nats: 1 } }, /scales the weights/],
  [{ weights: { kind: 1 }, control: { mode: 'kl-budget', nats: -1 } }, /control\.nats must be >= 0/],
  [{ control: { mode: 'constraints', constraints: [] } }, /control\.constraints/],
  [
    {
      bonus: 'softmax',
      control: { mode: 'constraints', constraints: [{ kind: 'keep', attribute: 'kind' }] },
    },
    /softmax/,
  ],
  [
    { control: { mode: 'constraints', constraints: [{ kind: 'keep', attribute: 'rude' }] } },
    /"rude".*Known here: kind, calm/,
  ],
  [
    { control: { mode: 'constraints', constraints: [{ kind: 'chance', attribute: 'kind' }] } as never },
    /margin/,
  ],
  [{ control: { mode: 'budget' } as never }, /control/],
])('refuses %j', async (options, message) => {
  await expect(generate(options)).rejects.toThrow(message);
});
