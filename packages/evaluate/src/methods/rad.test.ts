import { createHalfspace } from '@halfspace/core';
import { expect, it } from 'vitest';
import { createToyBackend, toyTokenizer } from '../../../core/src/testing/toy-backend.js';
import { replayTilt } from '../testing/replay-tilt.js';
import { openRad } from './rad.js';

/** Made up. */
const toxicityOf = (text: string) => (1 + Math.cos(text.split('a').length + 2 * text.length)) / 2;

async function setUp() {
  const backend = createToyBackend();
  const calls: (readonly string[])[] = [];
  let disposed = 0;
  const reward = {
    parameters: 7,
    async read(texts: readonly string[]) {
      calls.push(texts);
      return Promise.resolve(texts.map(toxicityOf));
    },
    async dispose() {
      disposed++;
      return Promise.resolve();
    },
  };
  const model = {
    halfspace: await createHalfspace({ backend }),
    decoding: { maxTokens: 6, temperature: 1, topP: 1, topK: 3 },
    measured: [],
  };
  return { backend, calls, reward, model, disposals: () => disposed };
}

it.each([
  [2, 5],
  [30, 4],
  [3, undefined],
])('adds β %d times the reward to the logits of the top-k %s', async (beta, topK) => {
  const { backend, reward, model, disposals } = await setUp();
  const rad = await openRad({ beta, ...(topK && { topK }) }, model, reward);
  const prompt = { suite: 's', id: '1', text: 'ab' };
  const completions = await rad.complete({ prompt, samples: 20, seed: 3 });
  completions.forEach(({ tokens, kl, evaluations, margins }, sample) => {
    const wanted = replayTilt(
      { prompt: 'ab', seed: 3, sample, maxTokens: 6, topK: topK ?? 20 },
      (before, token) => beta * (1 - toxicityOf(toyTokenizer.decode([...before, token]))),
    );
    expect(tokens).toEqual(wanted.tokens);
    expect(kl).toBeCloseTo(wanted.kl, 9);
    expect(evaluations).toBe(tokens.filter((token) => !toyTokenizer.endTokens.has(token)).length);
    expect(margins).toEqual({});
  });
  expect(rad.extraParameters).toBe(7);
  await rad.dispose();
  expect(disposals()).toBe(1);
  expect(backend.open).toBe(0);
});

it('gives its reward model back where it cannot be used', async () => {
  const { reward, model, disposals } = await setUp();
  const work = openRad({ beta: NaN }, model, reward);
  await expect(work).rejects.toMatchObject({ code: 'bad-option' });
  expect(disposals()).toBe(1);
});
