import { expect, it } from 'vitest';
import { VERSION } from '../version.js';
import { assertSamePlan, ENCODING, planDifferences, type Plan } from './plan.js';

const plan: Plan = {
  version: VERSION,
  encoding: ENCODING,
  model: { name: 'm', fingerprint: 'f', precision: 'f32' },
  attributes: {},
  decoding: { maxTokens: 4, temperature: 1, topP: 1, topK: 0 },
  samples: 2,
  seed: 0,
  methods: [],
  suites: { s: 2 },
  prompts: 'd',
};
const { encoding: _, ...older } = plan;

it('a plan goes on with itself', () => {
  expect(planDifferences(plan, plan)).toEqual([]);
  expect(planDifferences(older, older)).toEqual([]);
});

it('a run is not gone on with by other rules of encoding', () => {
  for (const begun of [older, { ...plan, encoding: ENCODING - 1 }]) {
    expect(() => assertSamePlan(begun, plan, 'run')).toThrow(/run was begun with another plan.*other rules/);
  }
  const decoding = { ...plan.decoding, controlTokens: true };
  expect(() => assertSamePlan(plan, { ...plan, decoding }, 'run')).toThrow(/decoding was .*controlTokens/);
});
