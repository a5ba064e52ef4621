import { defineAttribute } from '@halfspace/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createHalfspace } from '../plugins/container.js';
import type { AnyDecodeOptions, DecodeOptions, GenerateOptions } from '../options/options.js';
import { valueOf, type Weight, type Weights } from '../options/weights.js';
import { chiSquareDeviate } from '../testing/chi-square.js';
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

async function generate(options: AnyDecodeOptions): Promise<Completion[]> {
  const halfspace = await createHalfspace({ backend: createToyBackend({ endLogit: 0 }), attributes });
  return halfspace.generate({ prompt: 'abc', samples: 12, maxTokens: 5, ...options } as GenerateOptions);
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
    temperature: fc.constantFrom(0, 0.5, 1, 1.7),
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
  const company: [string, (options: AnyDecodeOptions) => AnyDecodeOptions][] = [
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

const MODES: [string, DecodeOptions][] = [
  ['nothing', {}],
  ['weights', { weights: { kind: 2, calm: -1 } }],
  ['weights without a cap', { weights: { kind: 2 }, cap: Infinity }],
  ['plugins', { weights: { kind: 1, brief: 1 } }],
  ['texts', { weights: { brief: 1 } }],
  ['a formula', { formula: '3*min(kind, 0.5) - abs(calm)' }],
  ['softmax', { weights: { kind: 4 }, bonus: 'softmax' }],
  ['a budget', { weights: { kind: 3 }, cap: 1, control: { mode: 'kl-budget', nats: 0.1 } }],
  [
    'constraints',
    {
      weights: { kind: 1 },
      control: { mode: 'constraints', constraints: [{ kind: 'at-least', attribute: 'calm', margin: 0.5 }] },
    },
  ],
];

describe('temperature', () => {
  it.each(MODES)('tends to what 0 gives: %s', async (_, options) => {
    for (const seed of [1, 2]) {
      const greedy = await generate({ ...options, temperature: 0, topK: 0, seed, maxTokens: 8 });
      expect(new Set(greedy.map(({ text }) => text)).size).toBe(1);
      for (const temperature of [1e-6, 1e-9, 1e-300]) {
        const found = await generate({ ...options, temperature, topK: 0, seed, maxTokens: 8 });
        expect(tokensOf(found)).toEqual(tokensOf(greedy));
      }
    }
  });

  it.each(MODES)('draws from q to the power of its inverse: %s', async (_, options) => {
    const task = { ...options, topK: 0, topP: 0.95, maxTokens: 1 };
    const [{ trace = [] }] = await generate({ ...task, samples: 1, trace: true });
    const [{ candidates, kl }] = trace;
    for (const temperature of [0.4, 2.5]) {
      const powers = candidates.map(({ probability }) => probability ** (1 / temperature));
      const mass = powers.reduce((a, b) => a + b);
      const found = await generate({ ...task, samples: 3000, temperature });
      const counts = candidates.map(({ token }) => found.filter(({ tokens }) => tokens[0] === token).length);
      const shares = powers.map((power) => power / mass);
      expect(counts.reduce((a, b) => a + b)).toBe(3000);
      expect(chiSquareDeviate(counts, shares)).toBeLessThan(4);
      // What is spent is what q is from p, whatever the temperature that it is drawn at.
      const mean = sumOf(found, 'kl') / 3000;
      if (found[0].klIsExact) expect(mean).toBeCloseTo(kl, 9);
      else {
        const spread = Math.sqrt(found.reduce((sum, each) => sum + (each.kl - mean) ** 2, 0) / 3000);
        expect(Math.abs(mean - kl)).toBeLessThan((4 * spread) / Math.sqrt(3000));
      }
    }
  });

  it('leaves look-ahead lazy, also at 0', async () => {
    for (const temperature of [0, 0.6, 1.8]) {
      const task = { weights: { kind: 2 }, temperature, topK: 0, topP: 1, maxTokens: 8 };
      const lazy = await generate(task);
      const eager = await generate({ ...task, lookAhead: 'eager' });
      expect(tokensOf(lazy)).toEqual(tokensOf(eager));
      expect(perToken(lazy, 'evaluations')).toBeLessThan(0.7 * perToken(eager, 'evaluations'));
      expect(lazy.map(({ klIsExact }) => klIsExact)).not.toContain(true);
    }
  });

  it('is in the settings of a trace', async () => {
    const [{ settings: found }] = await generate({ temperature: 0.5, samples: 1, trace: true });
    expect(found).toMatchObject({ temperature: 0.5 });
  });
});

describe('very large weights', () => {
  const modes = (weight: number): DecodeOptions[] => [
    { weights: { kind: weight } },
    { weights: { kind: { weight, cap: 0.5 }, calm: { weight: -weight, cap: 0.2 } } },
    { weights: { kind: weight, brief: weight }, cap: Infinity },
    { weights: { kind: weight }, bonus: 'softmax' },
    { formula: `${weight}*min(kind, 0) - ${weight}*max(calm, 0)` },
    { weights: { kind: weight }, control: { mode: 'kl-budget', nats: 0.2 } },
    {
      weights: { kind: weight },
      control: { mode: 'constraints', constraints: [{ kind: 'at-most', attribute: 'calm', margin: 9 }] },
    },
  ];

  it('leave q a distribution, and KL what it can be', async () => {
    for (const weight of [1e15, 1e16, 1e100, 1e300]) {
      for (const options of modes(weight)) {
        const found = await generate({ ...options, trace: true, samples: 6, topK: 0, topP: 1 });
        for (const { candidates, kl } of found.flatMap(({ trace = [] }) => [...trace])) {
          const q = candidates.map(({ probability }) => probability);
          expect(q.reduce((a, b) => a + b)).toBeCloseTo(1, 10);
          const least = candidates.reduce((sum, { reference }) => Math.min(sum, reference), 1);
          expect(kl).toBeLessThanOrEqual(-Math.log(least) + 1e-9);
          const terms = candidates.map(({ probability, reference }) =>
            probability > 0 ? probability * Math.log(probability / reference) : 0,
          );
          expect(kl).toBeCloseTo(
            terms.reduce((a, b) => a + b),
            8,
          );
        }
      }
    }
  });

  it('draw what is best, as the model has it among equals, at any size and any look-ahead', async () => {
    for (const [mode, options] of modes(1e15).entries()) {
      const task = { samples: 20, topK: 0, topP: 1, seed: 7 };
      const found = await generate({ ...options, ...task });
      expect(tokensOf(await generate({ ...options, ...task, lookAhead: 'eager' }))).toEqual(tokensOf(found));
      for (const weight of [1e16, 1e300]) {
        expect(tokensOf(await generate({ ...modes(weight)[mode], ...task }))).toEqual(tokensOf(found));
      }
    }
    // Inside the halfspace all are equals: several are drawn.
    const [first] = modes(1e15);
    const drawn = await generate({ ...first, samples: 60, topK: 0, topP: 1, maxTokens: 1 });
    expect(new Set(drawn.map(({ text }) => text)).size).toBeGreaterThan(1);
  });
});

describe('a weight', () => {
  it('has its own cap, else that of the request, else that of the attribute', async () => {
    const traced = async (options: AnyDecodeOptions) => {
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
