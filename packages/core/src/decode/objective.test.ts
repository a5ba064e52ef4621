import { defineAttribute } from '@halfspace/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHalfspace } from '../plugins/container.js';
import type { DecodeOptions, GenerateOptions } from '../options/options.js';
import { valueOf, type Weight, type Weights } from '../options/weights.js';
import { toyAttribute } from '../testing/toy-attribute.js';
import { createToyBackend } from '../testing/toy-backend.js';
import type { Completion } from './completion.js';

const CAPS = { kind: 0, calm: 0.5 };
const attributes = [
  ...Object.entries(CAPS).map(([name, cap], axis) => defineAttribute({ ...toyAttribute(name, axis), cap })),
  defineAttribute({
    name: 'zero',
    description: 'always at the boundary',
    cap: 1,
    score: ({ candidates }) => candidates.map(() => 0),
  }),
  defineAttribute({
    name: 'brief',
    description: 'short',
    score: ({ prefix, candidates }) => candidates.map(({ text }) => 2 - (prefix + text).length),
  }),
];

async function generate(options: Omit<GenerateOptions, 'prompt'>): Promise<Completion[]> {
  const halfspace = await createHalfspace({ backend: createToyBackend({ endLogit: 0 }), attributes });
  return halfspace.generate({ prompt: 'abc', samples: 12, maxTokens: 5, ...options });
}

const tokensOf = (completions: readonly Completion[]) => completions.map(({ tokens }) => tokens);
const sumOf = (completions: readonly Completion[], figure: 'kl' | 'evaluations') =>
  completions.reduce((sum, each) => sum + each[figure], 0);
const perToken = (completions: readonly Completion[], figure: 'kl' | 'evaluations') =>
  sumOf(completions, figure) / completions.reduce((sum, { tokens }) => sum + tokens.length, 0);

const value = fc.oneof(
  fc.double({ min: -3, max: 4, noNaN: true }),
  fc.constantFrom('3 - 4*progress', 'step < 2 ? 0 : -2', '2*(step != 3)'),
);
const cap = fc.constantFrom(0, 0.3, 1, Infinity);
const weight: fc.Arbitrary<Weight> = fc.oneof(value, fc.record({ weight: value, cap }));
const settings = fc.record(
  {
    weights: fc.record({ kind: weight, calm: weight }, { requiredKeys: ['kind'] }),
    cap,
    temperature: fc.constantFrom(0, 1),
    topK: fc.constantFrom(0, 4),
    topP: fc.constantFrom(0.7, 1),
    seed: fc.nat(2 ** 40),
  },
  { requiredKeys: ['weights', 'temperature', 'topK', 'topP', 'seed'] },
);

/** A formula that writes out the sum of weights of margins up to their caps. */
function writtenOut(weights: Weights, shared: number | undefined): string {
  const terms = Object.entries(weights).map(([name, each]) => {
    const own = typeof each === 'object' ? each.cap : undefined;
    const most = own ?? shared ?? CAPS[name as keyof typeof CAPS];
    const times = `(${String(valueOf(each))})`;
    if (most === Infinity) return `${times}*${name}`;
    return `${times}*(${times} > 0 ? min(${name}, ${most}) : max(${name}, -${most}))`;
  });
  return terms.join(' + ');
}

describe('what no token depends on', () => {
  const company: [string, (options: DecodeOptions) => DecodeOptions][] = [
    ['all candidates are run', (options) => ({ ...options, lookAhead: 'eager' })],
    ['a trace is wanted', (options) => ({ ...options, trace: true })],
    [
      'an attribute is added whose margin is always 0',
      (options) => ({ ...options, weights: { ...options.weights, zero: 2 } }),
    ],
    [
      'a budget never binds',
      (options) => {
        // A budget is of weights: of none there is nothing to scale.
        const some = Object.values(options.weights ?? {}).some((each) => valueOf(each) !== 0);
        return some ? { ...options, control: { mode: 'kl-budget', nats: 1e6 } } : options;
      },
    ],
    [
      'constraints hold anyway',
      (options) => ({
        ...options,
        control: {
          mode: 'constraints',
          constraints: [{ kind: 'at-least', attribute: 'calm', margin: -1e6 }],
        },
      }),
    ],
    ['a plugin measures', (options) => ({ ...options, weights: { ...options.weights, brief: 0 } })],
    [
      'a formula writes out the same',
      ({ weights = {}, cap: shared, ...options }) => ({
        ...options,
        formula: writtenOut(weights, shared),
      }),
    ],
  ];

  it.each(company)('%s', async (_, changed) => {
    await fc.assert(
      fc.asyncProperty(settings, async (options) => {
        expect(tokensOf(await generate(changed(options)))).toEqual(tokensOf(await generate(options)));
      }),
      { numRuns: 25 },
    );
  });

  it('and neither does what is spent', async () => {
    const options = { weights: { kind: 2 }, samples: 300, seed: 3 };
    const lazy = await generate(options);
    const eager = await generate({ ...options, lookAhead: 'eager' });
    for (const [, changed] of company) {
      const found = await generate(changed(options));
      expect(tokensOf(found)).toEqual(tokensOf(lazy));
      if (found[0].klIsExact) {
        found.forEach(({ kl }, i) => expect(kl).toBeCloseTo(eager[i].kl, 10));
      } else found.forEach(({ kl }, i) => expect(kl).toBeCloseTo(lazy[i].kl, 10));
    }
    // The estimate, over a thousand tokens.
    expect(perToken(lazy, 'kl')).toBeCloseTo(perToken(eager, 'kl'), 1);
    const uncapped = await generate({ ...options, cap: Infinity });
    expect(perToken(uncapped, 'kl')).toBeGreaterThan(2 * perToken(eager, 'kl'));
  });
});

describe('a weight', () => {
  it('has its own cap, else that of the request, else that of the attribute', async () => {
    const traced = async (options: DecodeOptions) => {
      const [{ settings: found, trace = [] }] = await generate({ ...options, trace: true, samples: 1 });
      return { caps: found?.caps, trace };
    };
    const own = { kind: { weight: 2, cap: 0.2 }, calm: 1 };
    const given = await traced({ weights: own });
    expect(given.caps).toEqual({ kind: 0.2, calm: 0.5 });
    expect((await traced({ weights: own, cap: Infinity })).caps).toEqual({ kind: 0.2, calm: Infinity });
    expect((await traced({ weights: { kind: 1, calm: { weight: 1 } } })).caps).toEqual(CAPS);
    for (const { candidates } of given.trace) {
      const masses = candidates.map(({ reference, margins }) => {
        const bonus = 2 * Math.min(margins['kind'], 0.2) + Math.min(margins['calm'], 0.5);
        return reference * Math.exp(bonus);
      });
      const mass = masses.reduce((a, b) => a + b);
      candidates.forEach(({ probability }, x) => expect(probability).toBeCloseTo(masses[x] / mass, 10));
    }
  });

  it('of a prompt takes the place of that of the request with its cap', async () => {
    const prompts = ['abc', { text: 'abc', weights: { kind: 1 } }];
    const halfspace = await createHalfspace({ backend: createToyBackend(), attributes });
    const options = { prompts, weights: { kind: { weight: 1, cap: 3 } }, trace: true, maxTokens: 1 };
    const found = await halfspace.generate(options);
    expect(found.map((each) => each.settings?.caps)).toEqual([{ kind: 3 }, { kind: 0 }]);
  });

  it('of 0 measures what is drawn, and runs nothing more for it', async () => {
    const asked: number[] = [];
    const spy = defineAttribute({
      name: 'spy',
      description: 'a test',
      score({ candidates }) {
        asked.push(candidates.length);
        return candidates.map(({ token }) => token);
      },
    });
    const halfspace = await createHalfspace({
      backend: createToyBackend({ endLogit: -50 }),
      attributes: [...attributes, spy],
    });
    const options = { prompt: 'abc', samples: 10, maxTokens: 6, weights: { kind: 2 } };
    for (const change of [
      {},
      { cap: Infinity },
      { weights: { brief: 2 } },
      { lookAhead: 'eager' } as const,
    ]) {
      const task = { ...options, ...change };
      const without = await halfspace.generate(task);
      asked.length = 0;
      const measured = await halfspace.generate({ ...task, weights: { ...task.weights, spy: 0 } });
      expect(tokensOf(measured)).toEqual(tokensOf(without));
      expect(sumOf(measured, 'evaluations')).toBe(sumOf(without, 'evaluations'));
      expect(asked).toEqual(measured.flatMap(({ tokens }) => tokens.map(() => 1)));
      for (const { tokens, margins } of measured) {
        expect(margins['spy'].min).toBe(Math.min(...tokens));
      }
    }
  });
});
