import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Attribute, type Backend, defineAttribute, type Prediction } from '@halfspace/contracts';
import { createHalfspace } from '../plugins/container.js';
import type { Completion } from './completion.js';
import type { DecodeOptions } from '../options/options.js';
import { atOnce } from '../testing/at-once.js';
import { chiSquareDeviate } from '../testing/chi-square.js';
import { TOY_SLOPE, toyAttribute } from '../testing/toy-attribute.js';
import { createToyBackend, toyHidden, toyLogits, TOY_VOCABULARY } from '../testing/toy-backend.js';

const END = TOY_VOCABULARY.length - 1;

/** What two attributes of the toy expect, rightly or not: any prediction leaves lazy look-ahead exact. */
const predictions: readonly Prediction[] = [
  {
    tokenEffects: Float32Array.from(TOY_VOCABULARY, (_, token) => 0.3 * Math.sin(token)),
    meanReversion: 0.4,
  },
  { tokenEffects: new Float32Array(2).fill(-0.1), meanReversion: 0 },
];
const [kind, calm] = ['kind', 'calm'].map((name, axis) => toyAttribute(name, axis));
const [sureKind, sureCalm] = ['kind', 'calm'].map((name, axis) =>
  toyAttribute(name, axis, predictions[axis]),
);
const brief = defineAttribute({
  name: 'brief',
  description: 'a test',
  score: ({ prefix, candidates }) => candidates.map(({ text }) => -(prefix + text).length),
});

/** A toy whose hidden states depend on the rank of a candidate, as those of a real model do in the last bits. */
function ranked(): Backend & { readonly calls: { lookAhead: number; rows: number } } {
  const toy = createToyBackend({ endLogit: 0 });
  return {
    ...toy,
    async lookAhead(requests) {
      const looks = await toy.lookAhead(requests);
      return looks.map((look, i) => ({
        ...look,
        hidden: (layer) =>
          look
            .hidden(layer)
            .map((value, j) => value + 0.05 * (requests[i].ranks?.[Math.floor(j / 4)] ?? NaN)),
      }));
    },
  };
}

const setUp = async (attributes: readonly Attribute[] = [kind, calm], together = 16, rowCost?: number) => {
  const toy = ranked();
  const backend = { ...toy, model: { ...toy.model, ...(rowCost !== undefined && { rowCost }) } };
  const limits = atOnce(together);
  return {
    backend,
    halfspace: await createHalfspace({ backend, attributes: [...attributes, brief], limits }),
  };
};

/** What lazy and eager look-ahead have in common: all but what it costs and how KL is known. */
const common = (completions: readonly Completion[]) =>
  completions.map((each) => ({
    ...each,
    kl: 0,
    klIsExact: true,
    evaluations: 0,
    timing: undefined,
    trace: undefined,
    settings: undefined,
  }));
const total = (completions: readonly Completion[], figure: 'kl' | 'evaluations') =>
  completions.reduce((sum, each) => sum + each[figure], 0);

/** Weights of either sign, and schedules, some of which change their sign or rest for some steps. */
const weight = fc.oneof(
  fc.double({ min: -2, max: 4, noNaN: true }),
  fc.constantFrom('3 - 4*progress', 'step < 2 ? 0 : -2', '2*(step != 3)', '4*0.5^step'),
);

const capped = fc.record({ weight, cap: fc.constantFrom(0, 0.3, 2) });

describe('lazy look-ahead', () => {
  it('runs more candidates in fewer calls where a row costs little, and writes the same', async () => {
    const task = {
      prompts: Array.from({ length: 60 }, (_, at) => `a${TOY_VOCABULARY[at % 6]}`),
      weights: { kind: { weight: 3, cap: 1 }, calm: { weight: 2, cap: 1 } },
      seed: 5,
      maxTokens: 8,
    };
    const found = [];
    for (const rowCost of [0.01, undefined, 0.6]) {
      const { backend, halfspace } = await setUp([sureKind, sureCalm], 1, rowCost);
      const completions = await halfspace.generate(task);
      found.push({
        completions: common(completions),
        calls: backend.calls.lookAhead,
        rows: total(completions, 'evaluations'),
      });
    }
    const [cheap, usual, dear] = found;
    expect(cheap.completions).toEqual(usual.completions);
    expect(dear.completions).toEqual(usual.completions);
    expect(cheap.calls).toBeLessThan(usual.calls);
    expect(usual.calls).toBeLessThan(dear.calls);
    expect(cheap.rows).toBeGreaterThan(usual.rows);
    expect(usual.rows).toBeGreaterThan(dear.rows);
  });

  it('gives the completions of eager look-ahead, however they are batched', async () => {
    let completions = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.nat(2 ** 40),
        fc.integer({ min: 4, max: 60 }),
        fc.record({
          weights: fc.record({ kind: weight, calm: fc.oneof(fc.constant(0), weight) }),
          own: fc.record({ kind: weight, calm: capped }, { requiredKeys: [] }),
          cap: fc.constantFrom(0, 0.2, 0.5, 1, 3),
          topK: fc.constantFrom(0, 1, 4),
          topP: fc.constantFrom(0.7, 1),
          temperature: fc.constantFrom(0.5, 1, 1.5),
        }),
        fc.constantFrom([kind, calm], [sureKind, calm], [sureKind, sureCalm]),
        async (seed, together, { own, ...options }, attributes) => {
          const prompts = ['ab', { text: 'f g', weights: own }];
          const task = { ...options, seed, prompts, samples: 20, maxTokens: 5 };
          const lazy = await (await setUp(attributes, together)).halfspace.generate(task);
          const eager = await (await setUp(attributes)).halfspace.generate({ ...task, lookAhead: 'eager' });
          expect(common(lazy)).toEqual(common(eager));
          expect(total(lazy, 'evaluations')).toBeLessThanOrEqual(total(eager, 'evaluations'));
          completions += lazy.length;
        },
      ),
      { numRuns: 26 },
    );
    expect(completions).toBeGreaterThanOrEqual(1000);
  });

  it('gives the completions of eager look-ahead by a formula that has a ceiling', async () => {
    const formulas = [
      '3*min(kind, 0.2)',
      '2*min(kind, calm, 0.3) - abs(calm)',
      'step < 2 ? kind : 4*clip(kind, -1, 0.5)',
      '2*smoothMin(kind, calm, 0.5)',
      '(4 - 4*progress)*min(calm, 0)',
    ];
    for (const formula of formulas) {
      for (const attributes of [
        [kind, calm],
        [sureKind, sureCalm],
      ]) {
        const task = {
          formula,
          seed: 5,
          prompts: ['ab', 'f g'],
          samples: 30,
          maxTokens: 5,
          topK: 0,
          topP: 1,
        };
        const lazy = await (await setUp(attributes, 17)).halfspace.generate(task);
        const eager = await (await setUp(attributes)).halfspace.generate({ ...task, lookAhead: 'eager' });
        expect(common(lazy)).toEqual(common(eager));
        expect(total(lazy, 'evaluations')).toBeLessThan(0.9 * total(eager, 'evaluations'));
      }
    }
  });

  it('runs few candidates, in few calls, and counts them', async () => {
    const { backend, halfspace } = await setUp(undefined, 25);
    const task = { prompts: ['ab', 'cd'], samples: 50, maxTokens: 8, topK: 0, topP: 1 };
    const lazy = await halfspace.generate({ ...task, weights: { kind: 1 }, cap: 0.2 });
    const tokens = lazy.reduce((sum, each) => sum + each.tokens.length, 0);
    expect(total(lazy, 'evaluations')).toBe(backend.calls.rows);
    expect(total(lazy, 'evaluations') / tokens).toBeLessThan(3);
    // Four pools of eight steps, one after the other: hardly four batches each.
    expect(backend.calls.lookAhead).toBeLessThan(128);
  });

  it('never keeps a completion waiting for the candidates of another', async () => {
    const options = {
      prompt: 'ab',
      weights: { kind: 3, calm: 2 },
      cap: 0.2,
      maxTokens: 40,
      samples: 6,
      stop: ['d'],
    };
    const callsOf = async (together: number, samples: number) => {
      const { backend, halfspace } = await setUp(undefined, together);
      await halfspace.generate({ ...options, samples });
      return backend.calls.lookAhead;
    };
    // One after another: those of the first, of the first two, …
    const sums: number[] = [];
    for (let count = 1; count <= options.samples; count++) sums.push(await callsOf(1, count));
    const alone = sums.map((sum, i) => sum - (sums[i - 1] ?? 0));
    expect(new Set(alone).size).toBeGreaterThan(1);
    // If they waited, each step would take the most batches of any; in company the slack of a batch is a little smaller.
    const together = await callsOf(options.samples, options.samples);
    expect(together).toBeGreaterThanOrEqual(Math.max(...alone) - 2);
    expect(together).toBeLessThan(1.2 * Math.max(...alone));
  });

  it('estimates KL without bias', async () => {
    const task = {
      prompt: 'abc',
      samples: 3000,
      maxTokens: 1,
      topK: 0,
      topP: 1,
      weights: { kind: 1, calm: 1 },
      cap: 2,
    };
    const lazy = await (await setUp()).halfspace.generate(task);
    const [exact] = await (await setUp()).halfspace.generate({ ...task, samples: 1, lookAhead: 'eager' });
    const mean = total(lazy, 'kl') / lazy.length;
    const spread = Math.sqrt(lazy.reduce((sum, { kl }) => sum + (kl - mean) ** 2, 0) / lazy.length);
    expect(exact.kl).toBeGreaterThan(0.1);
    expect(Math.abs(mean - exact.kl)).toBeLessThan((4 * spread) / Math.sqrt(lazy.length));
  });

  it.each([
    [2, 1],
    [2, -1],
    [-3, -0.5],
  ])('draws from the re-weighted distribution of capped margins: weights %d and %d', async (...weights) => {
    const backend = createToyBackend({ endLogit: 1 });
    const halfspace = await createHalfspace({ backend, attributes: [sureKind, sureCalm] });
    const cap = 0.4;
    const text = backend.tokenizer.encode('abc');
    const logits = toyLogits(text, 1);
    const bonus = (after: readonly number[]) =>
      weights.reduce((sum, weight, axis) => {
        const margin = TOY_SLOPE * (toyHidden(after)[axis] - 0.1) + 0.25;
        return sum + Math.abs(weight) * Math.min(Math.sign(weight) * margin, cap);
      }, 0);
    const masses = logits.map((logit, x) => Math.exp(logit + bonus(x === END ? text : [...text, x])));
    const mass = masses.reduce((sum, value) => sum + value, 0);
    const completions = await halfspace.generate({
      prompt: 'abc',
      samples: 4000,
      maxTokens: 1,
      topK: 0,
      topP: 1,
      cap,
      weights: { kind: weights[0], calm: weights[1] },
    });
    const observed = logits.map((_, x) => completions.filter(({ tokens }) => tokens[0] === x).length);
    expect(
      chiSquareDeviate(
        observed,
        masses.map((value) => value / mass),
      ),
    ).toBeLessThan(4);
  });

  it('is eager where a trace is wanted, lazy where a scoring attribute measures, and writes the same', async () => {
    const task = { prompt: 'abc', samples: 20, maxTokens: 6, seed: 2, cap: 0.3 };
    const lazy = await (await setUp()).halfspace.generate({ ...task, weights: { kind: 1 } });
    const traced = await (await setUp()).halfspace.generate({ ...task, weights: { kind: 1 }, trace: true });
    const measured = await (await setUp()).halfspace.generate({ ...task, weights: { kind: 1, brief: 0 } });
    expect(common(traced)).toEqual(common(lazy));
    expect(total(traced, 'evaluations')).toBeGreaterThan(total(lazy, 'evaluations'));
    const untimed = ({ margins, ...each }: Completion) => ({
      ...each,
      margins: { kind: margins['kind'] },
      timing: undefined,
    });
    expect(measured.map(untimed)).toEqual(lazy.map(untimed));
    expect(lazy.every(({ klIsExact }) => !klIsExact)).toBe(true);
    expect(traced.every(({ klIsExact }) => klIsExact)).toBe(true);
    const [step] = traced[0].trace ?? [];
    expect(step.candidates.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 10);
  });

  it.each<[string, DecodeOptions]>([
    ['without a cap', { cap: Infinity, weights: { kind: 1 } }],
    ['with a weight that has none', { weights: { kind: { weight: 1, cap: Infinity }, calm: 1 } }],
    ['with the bonus softmax', { bonus: 'softmax', weights: { kind: 1 } }],
    ['with a scoring attribute', { weights: { kind: 1, brief: 1 } }],
    ['with a budget', { weights: { kind: 1 }, control: { mode: 'kl-budget', nats: 9 } }],
    ['by a formula without a bound', { formula: 'kind' }],
  ])('is eager %s', async (_, options) => {
    const task = { prompt: 'abc', samples: 5, maxTokens: 4, topK: 5, ...options };
    const found = await (await setUp()).halfspace.generate(task);
    const eager = await (await setUp()).halfspace.generate({ ...task, lookAhead: 'eager' });
    const strip = (each: Completion) => ({ ...each, timing: undefined });
    expect(found.map(strip)).toEqual(eager.map(strip));
  });
});
