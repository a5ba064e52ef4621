import { createRandom } from '@halfspace/subspace';
import {
  HalfspaceError,
  type Completion,
  type GenerateOptions,
  type Halfspace,
  type StreamEvent,
} from '@halfspace/core';
import { expect, it } from 'vitest';
import { measureFrontier } from './frontier.js';

const PROMPTS = ['a', 'b', 'c', 'd', 'e'];
const WORDS = ['red', 'green', 'blue'];

/** Completions as a model might give them: of 0 to 5 words, with figures that grow with the weight. */
function completionsOf({ prompts = [], samples = 1, weights = {} }: GenerateOptions): Completion[] {
  const random = createRandom(1);
  const weight = Number(weights['calm']);
  return prompts.flatMap((_, promptIndex) =>
    Array.from({ length: samples }, (_, sample): Completion => {
      const words = Array.from({ length: Math.floor(6 * random()) }, () => WORDS[Math.floor(3 * random())]);
      const ended = words.length === 0 || random() < 0.5;
      const tokens = [...words.keys(), ...(ended ? [9] : [])];
      const tokenLogprobs = tokens.map(() => -4 * random());
      return {
        prompt: '',
        promptIndex,
        sample,
        text: words.join(' '),
        tokens,
        tokenTexts: tokens.map((token) => words[token] ?? ''),
        tokenLogprobs,
        logprob: sum(tokenLogprobs),
        promptTokens: 1,
        cachedTokens: 0,
        kl: weight * random(),
        klIsExact: false,
        evaluations: 1 + Math.floor(9 * random()),
        margins: { calm: { mean: words.length === 0 ? NaN : weight - random(), min: 0 } },
        finishReason: ended ? 'end' : 'length',
        timing: { promptMs: 0, decodeMs: 0 },
      };
    }),
  );
}

function halfspaceThat(order: (completions: Completion[]) => Completion[], asked: GenerateOptions[] = []) {
  const halfspace = {
    async *stream(options: GenerateOptions): AsyncGenerator<StreamEvent> {
      asked.push(options);
      for (const completion of order(completionsOf(options))) yield { type: 'completion', completion };
    },
  };
  return halfspace as unknown as Halfspace;
}

const OPTIONS = { prompts: PROMPTS, samples: 3, weights: { calm: 2 }, maxTokens: 5, seed: 7 };
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);

it('gives for every scale what its completions come to', async () => {
  const asked: GenerateOptions[] = [];
  const points = await measureFrontier(
    halfspaceThat((all) => all, asked),
    OPTIONS,
  );
  expect(points.map(({ scale }) => scale)).toEqual([0, 0.25, 0.5, 1, 2, 4]);
  expect(asked[3]).toEqual({ prompts: PROMPTS, samples: 3, weights: { calm: 2 }, maxTokens: 5, seed: 7 });
  for (const { scale, weights, kl, margins, perplexity, evaluations, distinct2 } of points) {
    expect(weights).toEqual({ calm: 2 * scale });
    const completions = completionsOf({ ...OPTIONS, weights });
    const tokens = sum(completions.map((each) => each.tokens.length));
    expect(kl.value).toBeCloseTo(sum(completions.map((each) => each.kl)) / tokens, 12);
    expect(evaluations.value).toBeCloseTo(sum(completions.map((each) => each.evaluations)) / tokens, 12);
    expect(perplexity.value).toBeCloseTo(
      Math.exp(-sum(completions.map(({ logprob }) => logprob)) / tokens),
      9,
    );
    const all = completions.flatMap(({ tokens: drawn, margins: { calm } }) =>
      drawn.filter((token) => token !== 9).map(() => calm.mean),
    );
    expect(margins['calm'].value).toBeCloseTo(sum(all) / all.length, 12);
    const diversities = PROMPTS.map((_, prompt) => {
      const texts = completions
        .filter(({ promptIndex }) => promptIndex === prompt)
        .map(({ text }) => text.split(' ').filter((word) => word !== ''));
      const pairs = texts.flatMap((words) => words.slice(1).map((word, i) => `${words[i]} ${word}`));
      return new Set(pairs).size / sum(texts.map((words) => words.length));
    });
    const diverse = diversities.filter((value) => !Number.isNaN(value));
    expect(distinct2.value).toBeCloseTo(sum(diverse) / diverse.length, 12);
    for (const { value, low, high } of [kl, margins['calm'], perplexity, evaluations, distinct2]) {
      expect(low).toBeLessThanOrEqual(value);
      expect(high).toBeGreaterThanOrEqual(value);
    }
    expect(perplexity.high).toBeGreaterThan(perplexity.low);
  }
});

it('is the same to the last bit in whatever order completions end', async () => {
  const backwards = halfspaceThat((all) => all.toReversed());
  const options = { ...OPTIONS, scales: [1] };
  expect(await measureFrontier(backwards, options)).toEqual(
    await measureFrontier(
      halfspaceThat((all) => all),
      options,
    ),
  );
});

it('tells how far it is, and ends with the error of a completion', async () => {
  const told: unknown[] = [];
  const options = { ...OPTIONS, scales: [0, 1], onProgress: (progress: unknown) => told.push(progress) };
  await measureFrontier(
    halfspaceThat((all) => all),
    options,
  );
  expect(told.at(-1)).toEqual({ done: 30, total: 30 });
  const error = new HalfspaceError('attribute-failed', 'no');
  const failing = halfspaceThat((all) => all.map((each) => ({ ...each, finishReason: 'error', error })));
  await expect(measureFrontier(failing, OPTIONS)).rejects.toBe(error);
});
