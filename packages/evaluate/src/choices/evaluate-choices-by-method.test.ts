import { createHalfspace, defineAttribute } from '@halfspace/core';
import type { ChoiceQuestion } from '@halfspace/subspace';
import { expect, test } from 'vitest';
import { createGaussianBackend } from '../../../subspace/src/testing/gaussian-backend.js';
import { parseMethodSpec } from '../methods/method-spec.js';
import { evaluateChoicesByMethod } from './evaluate-choices-by-method.js';

const backend = createGaussianBackend();
const { fingerprint, width } = backend.model;

/** Reads one axis: margin = 2 · (h − 10) + 0.5. */
const attribute = (name: string, axis: number) =>
  defineAttribute({
    name,
    description: name,
    subspaces: [
      {
        model: fingerprint,
        layers: [2],
        direction: Float32Array.from({ length: width }, (_, i) => (i === axis ? 1 : 0)),
        offset: 10,
        calibration: { slope: 2, intercept: 0.5 },
      },
    ],
  });
const halfspace = await createHalfspace({
  backend,
  attributes: [
    attribute('unnamed', 5),
    attribute('calm', 0),
    attribute('kind', 3),
    defineAttribute({
      name: 'scored',
      description: 'a test',
      score: ({ candidates }) => candidates.map(() => 0),
    }),
  ],
});

const question = (prompt: string, right: string[], wrong: string[]): ChoiceQuestion => ({
  prompt,
  choices: [
    ...wrong.map((response) => ({ response, right: false })),
    ...right.map((response) => ({ response, right: true })),
  ],
});
const questions = [
  question('one?', ['ABC', 'b'], ['abc', 'x']),
  question('two?', ['zzz'], ['A', 'bCa']),
  question('three?', ['aB', 'Q'], ['Qr']),
  question('four?', ['Hello'], ['hello', 'what', 'No']),
];
const specs = [
  { method: 'plain' },
  { method: 'halfspace', weights: { calm: 2 } },
  { method: 'halfspace', weights: { kind: -1.5, calm: 0.5 }, cap: 0.25 },
  { method: 'halfspace', weights: { calm: 3 }, cap: 'none' },
];
const evaluate = async (methods: readonly object[], chat = false) =>
  evaluateChoicesByMethod(
    halfspace,
    await Promise.all(methods.map(async (method) => parseMethodSpec(method))),
    { mc: questions },
    { chat },
  );

/** The score of an answer, token by token. */
async function scoreOf(
  [before, after]: readonly [string, string],
  weights: Readonly<Record<string, number>>,
  cap: number,
): Promise<number> {
  const [text] = await backend.states([backend.tokenizer.encode(before + after)], { layers: [2] });
  const states = text.hidden(2);
  let score = 0;
  for (let t = before.length; t < before.length + after.length; t++) {
    score -= (before + after).charCodeAt(t) / 64;
    for (const [name, axis] of [
      ['calm', 0],
      ['kind', 3],
    ] as const) {
      const margin = 2 * (states[t * width + axis] - 10) + 0.5;
      const { [name]: weight = 0 } = weights;
      // A weight below 0 wants the other side.
      score += Math.abs(weight) * Math.min(Math.sign(weight) * margin, cap);
    }
  }
  return score;
}

/** MC1 and MC2 of every question. */
async function figuresOf(weights: Readonly<Record<string, number>>, cap: number, chat: boolean) {
  return Promise.all(
    questions.map(async ({ prompt, choices }) => {
      const scored = await Promise.all(
        choices.map(async ({ response, right }) => ({
          right,
          score: await scoreOf(
            chat ? [prompt, response] : [`Q: ${prompt}\nA:`, ` ${response}`],
            weights,
            cap,
          ),
        })),
      );
      const [first] = scored.toSorted((a, b) => b.score - a.score);
      const massOf = (some: typeof scored) => some.reduce((sum, { score }) => sum + Math.exp(score), 0);
      return {
        best: first.right ? 1 : 0,
        mass: massOf(scored.filter(({ right }) => right)) / massOf(scored),
      };
    }),
  );
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

/** Share of all ways to give signs whose sum is at least as far from 0. */
function signFlips(differences: readonly number[]): number {
  const sums = differences.reduce<number[]>(
    (all, each) => all.flatMap((sum) => [sum + each, sum - each]),
    [0],
  );
  const observed = Math.abs(sums[0]) - 1e-12;
  return sums.filter((sum) => Math.abs(sum) >= observed).length / sums.length;
}

test.each([false, true])('scores are those of a sum over tokens and attributes (chat: %s)', async (chat) => {
  const { mc } = await evaluate(specs, chat);
  expect(mc).toMatchObject({ questions: 4, chance: expect.closeTo((1 / 2 + 1 / 3 + 2 / 3 + 1 / 4) / 4, 12) });
  expect(mc.methods.map(({ method }) => method)).toEqual([
    'plain',
    'calm=2',
    'kind=-1.5,calm=0.5 cap 0.25',
    'calm=3 cap none',
  ]);
  const expected = [
    await figuresOf({}, 1, chat),
    await figuresOf({ calm: 2 }, 0, chat),
    await figuresOf({ kind: -1.5, calm: 0.5 }, 0.25, chat),
    await figuresOf({ calm: 3 }, Infinity, chat),
  ];
  const [plain] = expected;
  expect(mc.methods[0].change).toBeUndefined();
  for (const figure of ['best', 'mass'] as const) {
    const differences = expected.map((method) => method.map((each, q) => each[figure] - plain[q][figure]));
    for (const [i, method] of mc.methods.entries()) {
      expect(method[figure].value).toBeCloseTo(mean(expected[i].map((each) => each[figure])), 10);
      if (method.change === undefined) continue;
      const { value, low, high, p, adjusted } = method.change[figure];
      expect(value).toBeCloseTo(mean(differences[i]), 10);
      expect(low).toBeLessThanOrEqual(value);
      expect(high).toBeGreaterThanOrEqual(value);
      expect(p).toBeCloseTo(signFlips(differences[i]), 10);
      expect(adjusted).toBeGreaterThanOrEqual(p);
    }
    const least = Math.min(...differences.slice(1).map(signFlips));
    const corrected = mc.methods.flatMap(({ change }) => change?.[figure].adjusted ?? []);
    expect(Math.min(...corrected)).toBeCloseTo(Math.min(1, 3 * least), 10);
  }
});

test('the plain model is measured alone, without a margin', async () => {
  const before = backend.ran.length;
  const { mc } = await evaluate([{ method: 'plain' }]);
  expect(mc.methods).toHaveLength(1);
  expect(mc.methods[0]).toMatchObject({ method: 'plain', best: {}, mass: {} });
  expect(backend.ran).toHaveLength(before);
});

test.each([
  ['bad-method', { method: 'sasa', attribute: 'calm', beta: 10 }],
  ['bad-method', { method: 'halfspace', weights: { calm: 1 }, control: { mode: 'kl-budget', nats: 1 } }],
  ['bad-method', { method: 'halfspace', weights: { calm: '4 - step' } }],
  ['bad-method', { method: 'halfspace', weights: { unknown: 1 } }],
  ['bad-option', { method: 'halfspace', weights: { calm: 1 }, cap: -1 }],
  ['no-subspace', { method: 'halfspace', weights: { scored: 1 } }],
])('refuses with %s before the model runs: %o', async (code, spec) => {
  const before = backend.ran.length;
  await expect(evaluate([spec])).rejects.toMatchObject({ code });
  expect(backend.ran).toHaveLength(before);
});
