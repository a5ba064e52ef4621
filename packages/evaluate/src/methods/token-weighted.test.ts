import { createHalfspace } from '@halfspace/core';
import { describe, expect, it } from 'vitest';
import { createToyBackend, toyTokenizer } from '../../../core/src/testing/toy-backend.js';
import { replayTilt } from '../testing/replay-tilt.js';
import { openFudge } from './fudge.js';
import type { OpenMethod } from './method.js';
import { openMethod, parseMethodSpec } from './method-spec.js';
import { openUnigramExperts } from './unigram-experts.js';

const WEIGHTS = new Map([1.5, -2, 0.25, -0.75, 3].map((weight, token) => [token, weight]));
const weightOf = (token: number) => WEIGHTS.get(token) ?? 0;
const model = {
  halfspace: await createHalfspace({ backend: createToyBackend() }),
  decoding: { maxTokens: 6, temperature: 1, topP: 1, topK: 6 },
  measured: [],
};
const prompt = { suite: 's', id: '1', text: 'ab' };

async function expectTilt(
  method: OpenMethod,
  tilt: (tokens: readonly number[], token: number) => number,
): Promise<void> {
  const completions = await method.complete({ prompt, samples: 20, seed: 3 });
  completions.forEach(({ tokens, kl, evaluations }, sample) => {
    const wanted = replayTilt({ prompt: 'ab', seed: 3, sample, maxTokens: 6, topK: 6 }, tilt);
    expect(tokens).toEqual(wanted.tokens);
    expect(kl).toBeCloseTo(wanted.kl, 9);
    expect(evaluations).toBe(tokens.filter((token) => !toyTokenizer.endTokens.has(token)).length);
  });
}

describe('fudge', () => {
  it.each([0.5, 1, 8])(
    'multiplies by the probability of the desired side to the power of %d',
    async (lambda) => {
      const fudge = await openFudge({ lambda }, model, { intercept: 0.4, weights: WEIGHTS });
      await expectTilt(fudge, (tokens, token) => {
        const odds = Math.exp([...tokens, token].map(weightOf).reduce((sum, each) => sum + each, 0.4));
        return Math.log((odds / (1 + odds)) ** lambda);
      });
      expect(fudge.extraParameters).toBe(6);
    },
  );

  it('has probabilities of odds of any size', async () => {
    const weights = new Map([[0, -5000]]);
    const fudge = await openFudge({ lambda: 1 }, model, { intercept: 2000, weights });
    const completions = await fudge.complete({ prompt, samples: 20, seed: 3 });
    for (const { text, kl, error } of completions) {
      expect(error).toBeUndefined();
      expect(kl).toBeGreaterThanOrEqual(0);
      expect(text).not.toContain('a');
    }
  });
});

it.each([0.5, 2])('unigram experts add %d times the weight of a token to its logit', async (alpha) => {
  const experts = await openUnigramExperts({ alpha }, model, { weights: WEIGHTS });
  await expectTilt(experts, (_, token) => alpha * weightOf(token));
  expect(experts.extraParameters).toBe(5);
});

it.each([
  { method: 'fudge', lambda: 1 },
  { method: 'unigram-experts', alpha: 1 },
])('$method belongs to the model that it was fitted for', async (spec) => {
  const work = openMethod(await parseMethodSpec(spec), model);
  await expect(work).rejects.toMatchObject({ code: 'bad-method' });
});
