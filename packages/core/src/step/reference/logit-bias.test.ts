import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Context, NextTokenRequest, NextTokens } from '@halfspace/contracts';
import { createHalfspace } from '../../plugins/container.js';
import { tokenFilter } from '../../plugins/token-filter.js';
import { createToyBackend, TOY_VOCABULARY } from '../../testing/toy-backend.js';
import { referenceDistribution, referenceRequest, type ReferenceSettings } from './reference-distribution.js';
import { penaliseRepetition } from './repetition-penalty.js';

const context: Context = { length: 1 };

/** What a backend must answer, from all the logits. */
function answer(logits: readonly number[], request: NextTokenRequest): NextTokens {
  const logSumExp = Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  const order = [...logits.keys()].sort((a, b) => logits[b] - logits[a] || a - b);
  const tokens = order.slice(0, request.topK);
  const logProb = (token: number): number => logits[token] - logSumExp;
  return {
    tokens: Int32Array.from(tokens),
    logProbs: Float64Array.from(tokens, logProb),
    asked: Float64Array.from(request.tokens ?? [], logProb),
    logSumExp,
  };
}

describe('logit biases', () => {
  it('give what a pass over all biased and penalised logits gives', () => {
    const cases = fc.record({
      logits: fc.array(fc.double({ min: -8, max: 8, noNaN: true }), { minLength: 2, maxLength: 30 }),
      topK: fc.constantFrom(0, 1, 2, 5),
      repetitionPenalty: fc.constantFrom(1, 1.3),
      biases: fc.uniqueArray(fc.tuple(fc.nat(29), fc.constantFrom(-100, -3, 2.5, 100)), {
        selector: ([token]) => token,
        maxLength: 12,
      }),
      seen: fc.uniqueArray(fc.nat(29), { maxLength: 6 }),
    });
    fc.assert(
      fc.property(cases, ({ logits, topK, repetitionPenalty, biases, seen: maybeSeen }) => {
        const known = (token: number) => token < logits.length;
        const logitBias = new Map(biases.filter(([token]) => known(token)));
        const seen = new Set(maybeSeen.filter(known));
        const settings: ReferenceSettings = { topK, topP: 1, repetitionPenalty, logitBias };
        const request = referenceRequest(context, settings, seen, logits.length);
        const { tokens, logProbs, logReference } = referenceDistribution(
          answer(logits, request),
          settings,
          seen,
        );
        const moved = logits.map((logit, token) => {
          const biased = logit + (logitBias.get(token) ?? 0);
          return seen.has(token) ? penaliseRepetition(biased, repetitionPenalty) : biased;
        });
        const sorted = [...moved].sort((a, b) => b - a).slice(0, topK === 0 ? moved.length : topK);
        const sum = sorted.reduce((total, logit) => total + Math.exp(logit - sorted[0]), 0);
        tokens.forEach((token, i) => {
          expect(moved[token]).toBeCloseTo(sorted[i], 9);
          expect(Math.exp(logReference[i])).toBeCloseTo(Math.exp(sorted[i] - sorted[0]) / sum, 9);
          expect(logProbs[i]).toBeCloseTo(answer(logits, { ...request, tokens: [token] }).asked[0], 9);
        });
      }),
      { numRuns: 1000 },
    );
  });

  it('decide what is written, and leave log-probabilities those of the model', async () => {
    const halfspace = await createHalfspace({ backend: createToyBackend({ endLogit: -99 }) });
    const c = TOY_VOCABULARY.indexOf('c');
    const options = { prompt: 'ab', topK: 2, maxTokens: 6, seed: 3 };
    const always = await halfspace.complete({ ...options, logitBias: { [c]: 100 } });
    expect(always.text).toBe('cccccc');
    for (const logprob of always.tokenLogprobs) expect(logprob).toBeLessThan(-0.1);
    const never = await halfspace.generate({ ...options, samples: 20, logitBias: { [c]: -100 } });
    expect(never.map(({ text }) => text).join('')).not.toContain('c');
    const plain = await halfspace.generate({ ...options, samples: 20 });
    expect(plain.map(({ text }) => text).join('')).toContain('c');
    expect(await halfspace.generate({ ...options, logitBias: { [c]: 0 } })).toMatchObject(
      (await halfspace.generate(options)).map(({ text, tokens }) => ({ text, tokens })),
    );
  });

  it('hold among the tokens that masks let through, whose log-probabilities are told as they are', async () => {
    const halfspace = await createHalfspace({ backend: createToyBackend({ endLogit: -99 }) });
    const options = {
      prompt: 'ab',
      maxTokens: 4,
      filters: [tokenFilter({ allow: [0, 1, 2] })],
      topLogprobs: 5,
    };
    for (const topK of [2, 0]) {
      for (const repetitionPenalty of [1, 1.3]) {
        const biased = { ...options, topK, repetitionPenalty, logitBias: { 1: 100 } };
        const { text, topLogprobs, tokenLogprobs } = await halfspace.complete(biased);
        expect(text).toBe('bbbb');
        expect(topLogprobs?.map((each) => each.length)).toEqual([5, 5, 5, 5]);
        const own = topLogprobs?.[0].find(({ token }) => token === 1);
        if (own !== undefined) expect(own.logprob).toBe(tokenLogprobs[0]);
      }
    }
  });

  it.each([
    ['unknown-token', { 9: 1 }],
    ['bad-option', { '-1': 1 }],
    ['bad-option', { a: 1 }],
    ['bad-option', { 1: '2' }],
    ['bad-option', { 1: Infinity }],
  ])('refuses with %s: %j', async (code, logitBias) => {
    const halfspace = await createHalfspace({ backend: createToyBackend() });
    await expect(halfspace.generate({ prompt: 'a', logitBias: logitBias as never })).rejects.toMatchObject({
      code,
    });
  });
});
