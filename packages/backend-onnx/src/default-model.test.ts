import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Backend, Context } from '@halfspace/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOnnxBackend } from './create-onnx-backend.js';
import { widest } from './testing/widest.js';

/** What Hugging Face transformers computes with the default model: fixtures/make-default-model.py. */
interface Expected {
  readonly greedy: readonly { readonly tokens: number[]; readonly greedy: number[]; readonly lead: number }[];
  readonly text: { readonly tokens: number[]; readonly logProbs: number[] };
  readonly hidden: {
    readonly tokens: number[];
    readonly positions: number[];
    readonly states: Readonly<Record<string, number[][]>>;
  };
}

const FIXTURE = new URL('../fixtures/default-model.json', import.meta.url);
/** The first windows of WikiText-2's test text, where it lies beside the repository. */
const WIKITEXT = new URL('../../../../shared/data/text/wikitext2-test-a.txt', import.meta.url);
/** What transformers gives for its first 8 windows of 512 tokens. */
const WIKITEXT_PERPLEXITY = 30.506;

const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
const relative = (found: number, wanted: number) => Math.abs(found / wanted - 1);

async function wikitextPerplexity(backend: Backend): Promise<number> {
  const tokens = backend.tokenizer.encode(await readFile(WIKITEXT, 'utf8'));
  const found: number[] = [];
  for (let window = 0; window < 8; window++) {
    found.push(...(await backend.logProbs(tokens.slice(window * 512, (window + 1) * 512))));
  }
  return Math.exp(-mean(found));
}

/** The most probable token after each context, and its lead over the next one in nats. */
async function best(backend: Backend, contexts: readonly Context[]) {
  const found = await backend.next(contexts.map((context) => ({ context, topK: 2 })));
  return found.map(({ tokens, logProbs }) => ({
    token: tokens[0] ?? -1,
    lead: (logProbs[0] ?? NaN) - (logProbs[1] ?? NaN),
  }));
}

let expected: Expected;
let backend: Backend;

describe('the default model in f32', () => {
  beforeAll(async () => {
    expected = JSON.parse(await readFile(FIXTURE, 'utf8')) as Expected;
    backend = await createOnnxBackend({ precision: 'f32' });
  });
  afterAll(async () => backend.dispose());

  it('has the hidden states of transformers', async () => {
    const { tokens, positions, states } = expected.hidden;
    const layers = Object.keys(states).map(Number);
    const prompt = await backend.prefill(tokens, { rowsPerStep: 1, layers });
    for (const layer of layers) {
      for (const [index, position] of positions.entries()) {
        const wanted = states[layer]?.[index] ?? [];
        const { width } = backend.model;
        const found = prompt.hidden(layer).subarray(position * width, (position + 1) * width);
        // The first token has coordinates in the thousands, so errors are measured by the largest.
        const largest = Math.max(...wanted.map(Math.abs));
        expect(wanted).toHaveLength(width);
        expect(widest(found, wanted) / largest).toBeLessThan(2e-5);
      }
    }
    backend.release(prompt.context);
  });

  it('has the log-probabilities of transformers, and so its perplexity', async () => {
    const { tokens, logProbs } = expected.text;
    const found = await backend.logProbs(tokens);
    expect(widest(found, logProbs)).toBeLessThan(5e-4);
    expect(relative(Math.exp(-mean(found)), Math.exp(-mean(logProbs)))).toBeLessThan(0.001);
  });

  it('has the greedy tokens of transformers, ten prompts together', async () => {
    const cases = expected.greedy;
    // Where the two best are closer than the arithmetic is exact, there would be nothing to compare.
    expect(Math.min(...cases.map(({ lead }) => lead))).toBeGreaterThan(1e-3);
    const prefills = [];
    for (const { tokens } of cases) prefills.push(await backend.prefill(tokens, { rowsPerStep: 1 }));
    let contexts = prefills.map(({ context }) => context);
    const found: number[][] = cases.map(() => []);
    const leads = cases.map(() => Infinity);
    for (let step = 0; step < (cases[0]?.greedy.length ?? 0); step++) {
      const winners = await best(backend, contexts);
      const looks = await backend.lookAhead(
        winners.map(({ token }, index) => ({ context: contexts[index] as Context, tokens: [token] })),
        { layers: [] },
      );
      const grown = looks.map((look, index) => look.commit(winners[index]?.token ?? -1));
      contexts.forEach((context) => backend.release(context));
      contexts = grown;
      winners.forEach(({ token, lead }, index) => {
        found[index]?.push(token);
        leads[index] = Math.min(leads[index] ?? NaN, lead);
      });
    }
    contexts.forEach((context) => backend.release(context));
    expect(found).toEqual(cases.map(({ greedy }) => greedy));
    expect(
      widest(
        leads,
        cases.map(({ lead }) => lead),
      ),
    ).toBeLessThan(5e-4);
  });

  it.skipIf(!existsSync(WIKITEXT))('has the perplexity of transformers on WikiText-2', async () => {
    expect(relative(await wikitextPerplexity(backend), WIKITEXT_PERPLEXITY)).toBeLessThan(0.001);
  });
});

describe('the default model in int8', () => {
  beforeAll(async () => {
    expected = JSON.parse(await readFile(FIXTURE, 'utf8')) as Expected;
    backend = await createOnnxBackend({ precision: 'int8' });
  });
  afterAll(async () => backend.dispose());

  it('has the perplexity of transformers within 1.5 %', async () => {
    const { tokens, logProbs } = expected.text;
    const found = await backend.logProbs(tokens);
    expect(relative(Math.exp(-mean(found)), Math.exp(-mean(logProbs)))).toBeLessThan(0.015);
  });

  it.skipIf(!existsSync(WIKITEXT))('has the perplexity of transformers on WikiText-2', async () => {
    expect(relative(await wikitextPerplexity(backend), WIKITEXT_PERPLEXITY)).toBeLessThan(0.015);
  });
});
