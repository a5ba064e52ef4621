import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Backend, Context } from '@halfspace/core';
import { describe, expect, it } from 'vitest';
import { FAMILIES, withFamilyModel, type FamilyExpected } from './testing/family-model.js';
import { widest } from './testing/widest.js';

const CASES = readdirSync(FAMILIES).map((name) => {
  const text = readFileSync(join(FAMILIES, name, 'expected.json'), 'utf8');
  return { name, ...(JSON.parse(text) as FamilyExpected) };
});

/** Runs a whole prompt. */
async function prefill(backend: Backend, tokens: readonly number[], layers: readonly number[] = []) {
  const [prompt] = await backend.prefill([{ tokens, rowsPerStep: 2, layers }]);
  if (prompt === undefined) throw new Error('The prompt was not run.');
  return prompt;
}

/** Log-probabilities of all tokens after a text. */
async function allLogProbs(backend: Backend, context: Context): Promise<number[]> {
  const count = backend.tokenizer.vocabularySize;
  const tokens = Array.from({ length: count }, (_, token) => token);
  const [next] = await backend.next([{ context, topK: 1, tokens }]);
  return [...(next?.asked ?? [])];
}

/** Decodes greedily by looking ahead at a token and another, and keeping it. */
async function greedily(backend: Backend, prompt: readonly number[], steps: number, layers: number[]) {
  let { context } = await prefill(backend, prompt);
  const found: number[] = [];
  while (found.length < steps) {
    const [next] = await backend.next([{ context, topK: 2 }]);
    const [best = -1, second = -1] = next?.tokens ?? [];
    found.push(best);
    const [ahead] = await backend.lookAhead([{ context, tokens: [second, best], layers }]);
    const grown = ahead?.commit(best) ?? context;
    backend.release(context);
    context = grown;
  }
  backend.release(context);
  return found;
}

async function check(backend: Backend, expected: FamilyExpected): Promise<void> {
  const { tokens, hidden, logProbs, tokenLogProbs, greedy } = expected;
  const { width } = backend.model;
  const layers = hidden.map((_, layer) => layer);
  const prompt = await prefill(backend, tokens, layers);
  hidden.forEach((wanted, layer) =>
    expect(widest(prompt.hidden(layer).slice(-width), wanted), `layer ${layer}`).toBeLessThan(1e-4),
  );
  expect(widest(await allLogProbs(backend, prompt.context), logProbs)).toBeLessThan(1e-4);
  backend.release(prompt.context);
  expect(widest(await backend.logProbs(tokens), tokenLogProbs)).toBeLessThan(1e-4);
  // Candidates run through the whole trunk, stop at the cut, or are not measured.
  for (const wanted of [[layers.length - 1], [1], []])
    expect(await greedily(backend, tokens, greedy.length, wanted)).toEqual(greedy);
}

describe.each(CASES)('a checkpoint of a family ($name)', ({ name, gguf }) => {
  it('has the hidden states, log-probabilities and greedy text of transformers', async () => {
    await withFamilyModel(name, 'model.safetensors', 'f32', check);
  });

  it('has the same numbers by prompt and by look-ahead, in both arithmetics', async () => {
    for (const precision of ['f32', 'int8'] as const)
      await withFamilyModel(name, 'model.safetensors', precision, async (backend, { tokens }) => {
        const whole = await prefill(backend, tokens);
        const { context: start } = await prefill(backend, tokens.slice(0, -1));
        const last = tokens.at(-1) ?? 0;
        const request = { context: start, tokens: [(last + 1) % 64, last], layers: [] };
        const [ahead] = await backend.lookAhead([request]);
        const grown = ahead?.commit(last) ?? start;
        expect(
          widest(await allLogProbs(backend, grown), await allLogProbs(backend, whole.context)),
        ).toBeLessThan(1e-5);
      });
  });

  if (gguf !== null) {
    it('is the same as a GGUF file', async () => {
      await withFamilyModel(name, 'model.gguf', 'f32', check);
    });
  }
});

describe('a checkpoint that is 64 wide, in int8', () => {
  it('has log-probabilities within 0.1 of those of transformers', async () => {
    await withFamilyModel('llama-wide', 'model.safetensors', 'int8', async (backend, expected) => {
      const { tokens, logProbs, tokenLogProbs } = expected;
      const { context } = await prefill(backend, tokens);
      const found = await allLogProbs(backend, context);
      backend.release(context);
      expect(widest(found, logProbs)).toBeLessThan(0.1);
      expect(widest(await backend.logProbs(tokens), tokenLogProbs)).toBeLessThan(0.1);
    });
  });
});
