import { defineAttribute, type Subspace } from '@halfspace/core';
import { expect, test } from 'vitest';
import { createGaussianBackend } from '../testing/gaussian-backend.js';
import type { ChoiceQuestion } from './choice-question.js';
import { evaluateChoices } from './evaluate-choices.js';

const { model } = createGaussianBackend();
const axis: Subspace = {
  model: model.fingerprint,
  layers: [2],
  direction: Float32Array.from({ length: model.width }, (_, i) => (i === 0 ? 1 : 0)),
  offset: 10,
  calibration: { slope: 2, intercept: 0.5 },
};
const attribute = defineAttribute({ name: 'calm', description: 'calm', subspaces: [axis] });

const question = (prompt: string, right: string[], wrong: string[]): ChoiceQuestion => ({
  prompt,
  choices: [
    ...right.map((response) => ({ response, right: true })),
    ...wrong.map((response) => ({ response, right: false })),
  ],
});
const first = [question('one?', ['ABC'], ['abc', 'x']), question('two?', ['z'], ['A'])];
const second = [question('one?', ['ABC', 'abc'], ['x', 'yy'])];

/** The margins after each token of a response to a prompt. */
async function marginsOf(prompt: string, response: string): Promise<number[]> {
  const backend = createGaussianBackend();
  const [text] = await backend.states([backend.tokenizer.encode(prompt + response)], { layers: [2] });
  const states = text.hidden(2);
  return Array.from({ length: response.length }, (_, i) => {
    const row = prompt.length + i;
    return 2 * (states[row * model.width] - 10) + 0.5;
  });
}

test('choices are taken by margins and by the likelihood of the answer', async () => {
  const backend = createGaussianBackend();
  const progress: number[] = [];
  const { mc1, mc2 } = await evaluateChoices(
    backend,
    [attribute],
    { mc1: first, mc2: second },
    {
      onProgress: ({ done, total }) => progress.push(done / total),
    },
  );
  // Answers of both sets run once.
  expect(backend.ran.toSorted()).toEqual(['one?ABC', 'one?abc', 'one?x', 'one?yy', 'two?A', 'two?z']);
  expect(progress).toEqual(Array.from({ length: 12 }, (_, i) => (i + 1) / 12));
  expect(mc1.questions).toBe(2);
  expect(mc1.chance).toBeCloseTo((1 / 3 + 1 / 2) / 2, 12);
  expect(mc2.chance).toBe(0.5);

  // Each token costs its code over 64, the space before the answer included: x = 120, ABC = 198, abc = 294; A = 65, z = 122.
  const weight = (codes: number) => Math.exp(-codes / 64);
  const total = weight(198) + weight(294) + weight(120);
  expect(mc1.logLikelihood.best.value).toBe(0);
  expect(mc1.logLikelihood.mass.value).toBeCloseTo(
    (weight(198) / total + weight(122) / (weight(122) + weight(65))) / 2,
    10,
  );

  const lastOf = async (prompt: string, response: string) =>
    (await marginsOf(prompt, response)).at(-1) ?? NaN;
  const [right, alsoRight, wrong, alsoWrong] = await Promise.all(
    ['ABC', 'abc', 'x', 'yy'].map(async (response) => Math.exp(await lastOf('one?', response))),
  );
  const [{ attribute: name, layers, poolings }] = mc2.attributes;
  expect({ name, layers }).toEqual({ name: 'calm', layers: [2] });
  const all = right + alsoRight + wrong + alsoWrong;
  expect(poolings.last.mass.value).toBeCloseTo((right + alsoRight) / all, 10);
  expect(poolings.last.best.value).toBe(Math.max(right, alsoRight) > Math.max(wrong, alsoWrong) ? 1 : 0);
  const least = (await marginsOf('one?', 'ABC')).toSorted((a, b) => a - b)[0];
  const leastOf = async (response: string) => Math.exp(Math.min(...(await marginsOf('one?', response))));
  const others = await Promise.all(['abc', 'x', 'yy'].map(leastOf));
  const share = (Math.exp(least) + others[0]) / (Math.exp(least) + others[0] + others[1] + others[2]);
  expect(poolings.min.mass.value).toBeCloseTo(share, 10);
});

test.each([
  [false, ['Q: two?\nA: z', 'Q: two?\nA: A']],
  [true, ['two?z', 'two?A']],
])('the likelihood is that of an answer to a question, or of a turn (chat: %s)', async (chat, texts) => {
  const toy = createGaussianBackend();
  const asked: string[] = [];
  const backend: typeof toy = {
    ...toy,
    async logProbs(tokens) {
      asked.push(toy.tokenizer.decode(tokens));
      return toy.logProbs(tokens);
    },
  };
  const { mc } = await evaluateChoices(backend, [attribute], { mc: first.slice(1) }, { chat });
  expect(asked).toEqual(texts);
  const [right, wrong] = [Math.exp(-122 / 64), Math.exp(-65 / 64)];
  expect(mc.logLikelihood.mass.value).toBeCloseTo(right / (right + wrong), 10);
});

test.each([
  ['no-data', { mc: [] }],
  ['bad-row', { mc: [...first, question('three?', ['a'], [])] }],
  ['bad-row', { mc: [...first, question('three?', [], [])] }],
  ['context-overflow', { mc: [question('three?', ['a'], ['a'.repeat(64)])] }],
])('refuses with %s before the model runs', async (code, sets) => {
  const backend = createGaussianBackend();
  await expect(evaluateChoices(backend, [attribute], sets)).rejects.toMatchObject({ code });
  expect(backend.ran).toEqual([]);
});
