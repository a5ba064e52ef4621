import { describe, expect, it } from 'vitest';
import { defineAttribute, defineFilter } from '@halfspace/contracts';
import { createHalfspace } from '../plugins/container.js';
import { toyAttribute } from '../testing/toy-attribute.js';
import { createToyBackend, type ToyOptions } from '../testing/toy-backend.js';

const kind = toyAttribute('kind', 0);

async function setUp(toy: ToyOptions = {}) {
  const backend = createToyBackend(toy);
  return { backend, halfspace: await createHalfspace({ backend, attributes: [kind] }) };
}

describe('figures of tokens', () => {
  it.each([
    ['plain', {}],
    [
      'steered, at another temperature, with a repetition penalty',
      { temperature: 0.5, repetitionPenalty: 1.3 },
    ],
    ['within a filter', { filters: [defineFilter({ name: 'no-a', allows: noA })] }],
    ['drawn anew', { redraw: { ifMeanBelow: { kind: 5 }, maxAttempts: 3 } }],
  ])('have the log-probability of each token by the model itself: %s', async (_, options) => {
    const { backend, halfspace } = await setUp();
    const completions = await halfspace.generate({
      prompts: ['abc', 'fed'],
      samples: 3,
      maxTokens: 12,
      weights: { kind: 2 },
      ...options,
    });
    expect(completions).toHaveLength(6);
    for (const { prompt, tokens, tokenLogprobs, tokenTexts, logprob, text, promptTokens } of completions) {
      const before = backend.tokenizer.encode(prompt);
      expect(promptTokens).toBe(before.length);
      const own = [...(await backend.logProbs([...before, ...tokens]))].slice(before.length - 1);
      expect(tokenLogprobs).toEqual(own.map((value) => expect.closeTo(value, 10) as number));
      expect(logprob).toBeCloseTo(
        own.reduce((sum, value) => sum + value, 0),
        10,
      );
      expect(tokenTexts).toHaveLength(tokens.length);
      expect(tokenTexts.join('')).toBe(text);
    }
  });

  it('have the text of a token by itself, where characters are split over tokens', async () => {
    const bytes = [[0xc3], [0xa9], [0x61], []].map((each) => Uint8Array.from(each));
    const { halfspace } = await setUp({ vocabulary: bytes, endLogit: -9 });
    const [{ tokens, tokenTexts, text }] = await halfspace.generate({ prompt: 'a', maxTokens: 20, topK: 0 });
    expect(text).toContain('é');
    expect(tokenTexts).toEqual(tokens.map((token) => ['\uFFFD', '\uFFFD', 'a', ''][token]));
  });

  it('say how many tokens of the prompt the backend had', async () => {
    const { backend } = await setUp();
    const reporting = (cachedTokens: number) => ({
      ...backend,
      prefill: async (...given: Parameters<typeof backend.prefill>) =>
        (await backend.prefill(...given)).map((each) => ({ ...each, cachedTokens })),
    });
    const cachedWith = async (count: number) => {
      const halfspace = await createHalfspace({ backend: reporting(count) });
      const completions = await halfspace.generate({
        prompt: 'abc',
        samples: 2,
      });
      return completions.map(({ promptTokens, cachedTokens }) => ({ promptTokens, cachedTokens }));
    };
    expect(await cachedWith(2)).toEqual(Array(2).fill({ promptTokens: 3, cachedTokens: 2 }));
    const [{ cachedTokens }] = await (await createHalfspace({ backend })).generate({ prompt: 'abc' });
    expect(cachedTokens).toBe(0);
    for (const count of [-1, 4, 0.5]) {
      await expect(cachedWith(count)).rejects.toMatchObject({ code: 'bad-backend' });
    }
  });
});

it('has an error when and only when it ended with one', async () => {
  const failing = defineAttribute({
    name: 'failing',
    description: 'a test',
    score({ prefix, candidates }) {
      if (prefix.length > 3) throw new Error('no');
      return candidates.map(() => 0);
    },
  });
  const { backend } = await setUp();
  const halfspace = await createHalfspace({ backend, attributes: [failing] });
  const completions = await halfspace.generate({
    prompt: 'abc',
    samples: 8,
    maxTokens: 4,
    weights: { failing: 0 },
    seed: 3,
  });
  const failed = await halfspace.generate({ prompt: 'abc', maxTokens: 30, weights: { failing: 0 } });
  for (const completion of [...completions, ...failed]) {
    expect('error' in completion).toBe(completion.finishReason === 'error');
    if (completion.finishReason === 'error') expect(completion.error.code).toBe('attribute-failed');
    expect(completion.tokenLogprobs).toHaveLength(completion.tokens.length);
  }
  expect(failed[0].finishReason).toBe('error');
  expect(completions.some(({ finishReason }) => finishReason !== 'error')).toBe(true);
});

function noA({ candidates }: { readonly candidates: readonly { readonly text: string }[] }): boolean[] {
  return candidates.map(({ text }) => !text.includes('a'));
}
