import { readFile } from 'node:fs/promises';
import {
  createHalfspace,
  defineAttribute,
  type Attribute,
  type Backend,
  type Completion,
  type Context,
  type GenerateOptions,
  type LookAheadRequest,
  type Prefill,
} from '@halfspace/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Precision } from '@halfspace/model';
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
/** A text that the model wrote itself, longer than the one of the fixture. */
const LONG_TEXT = new URL('../fixtures/default-model-long.txt', import.meta.url);
/** What transformers gives for its first 5 windows of 512 tokens (fixtures/make-long-text.py). */
const LONG_TEXT_PERPLEXITY = 3.66968;

const mean = (values: ArrayLike<number>) =>
  Array.from(values).reduce((sum, value) => sum + value, 0) / values.length;
const relative = (found: number, wanted: number) => Math.abs(found / wanted - 1);

async function longTextPerplexity(backend: Backend): Promise<number> {
  const tokens = backend.tokenizer.encode(await readFile(LONG_TEXT, 'utf8'));
  const found: number[] = [];
  for (let window = 0; window < 5; window++) {
    found.push(...(await backend.logProbs(tokens.slice(window * 512, (window + 1) * 512))));
  }
  return Math.exp(-mean(found));
}

/** Runs a prompt whole. */
async function run(
  tokens: readonly number[],
  rowsPerStep: number,
  layers: readonly number[] = [],
): Promise<Prefill> {
  const [found] = await backend.prefill([{ tokens, rowsPerStep, layers }]);
  return found as Prefill;
}

/** The most probable token after each context, and its lead over the next one in nats. */
async function best(backend: Backend, contexts: readonly Context[]) {
  const found = await backend.next(contexts.map((context) => ({ context, topK: 2 })));
  return found.map(({ tokens, logProbs }) => ({
    token: tokens[0] ?? -1,
    lead: (logProbs[0] ?? NaN) - (logProbs[1] ?? NaN),
  }));
}

const SENTENCE = 'The ferry came in late, and nobody on the old quay had seen it leave. ';

/** Steps of several texts run together and apart: lengths around the blocks that sums are made in. */
async function expectSameAloneAndInCompany(): Promise<void> {
  const layers = [1, 18, backend.model.layers];
  const tokens = backend.tokenizer.encode(SENTENCE.repeat(20)).slice(0, 256);
  const lengths = [1, 15, 63, 250, 256];
  const requests: LookAheadRequest[] = [];
  for (const [index, length] of lengths.entries()) {
    const { context } = await run(tokens.slice(0, length), 10);
    requests.push({ context, tokens: tokens.slice(0, 12).filter((_, row) => row <= index * 3), layers });
  }
  const together = await backend.lookAhead(requests);
  for (const [index, request] of requests.entries()) {
    const [alone] = await backend.lookAhead([request]);
    for (const layer of layers) expect(alone?.hidden(layer)).toEqual(together[index]?.hidden(layer));
  }
  const after = await backend.next(requests.map(({ context }) => ({ context, topK: 50 })));
  for (const [index, { context }] of requests.entries()) {
    expect((await backend.next([{ context, topK: 50 }]))[0]).toEqual(after[index]);
    backend.release(context);
  }
}

/** Hidden states of whole texts, together and by a prompt of each: lengths up to more than a call takes. */
async function expectSameStatesAsPrompts(): Promise<void> {
  const layers = [18, backend.model.layers];
  const tokens = backend.tokenizer.encode(SENTENCE.repeat(20)).slice(0, 300);
  const texts = [1, 2, 15, 17, 40, 63, 100, 300, 16].map((length, index) =>
    tokens.slice(index, index + length),
  );
  const together = await backend.states(texts, { layers });
  for (const [index, text] of texts.entries()) {
    // A prompt whose steps have as many rows has the arithmetic of whole texts.
    const alone = await run(text, 256, layers);
    for (const layer of layers) expect(together[index]?.hidden(layer)).toEqual(alone.hidden(layer));
    backend.release(alone.context);
  }
}

/** An attribute that means nothing and moves the choice of tokens. */
function pushed() {
  const { fingerprint, width } = backend.model;
  const direction = Float32Array.from({ length: width }, (_, index) => Math.sin(index * index));
  const norm = Math.hypot(...direction);
  return defineAttribute({
    name: 'pushed',
    description: 'Some half of the space.',
    subspaces: [
      {
        model: fingerprint,
        layers: [18],
        direction: direction.map((value) => value / norm),
        offset: 0,
        calibration: { slope: 0.1, intercept: 0 },
      },
    ],
  });
}

/** Whole completions, decoded together and one after the other. */
async function expectSameTextHoweverBatched(weight: number): Promise<void> {
  const halfspace = await createHalfspace({ backend, attributes: [pushed()] });
  const options = { samples: 2, maxTokens: 8, seed: 5, weights: { pushed: weight } };
  const prompts = ['She', 'The committee said that', SENTENCE];
  const strip = (completions: readonly Completion[]) =>
    // Evaluations and what was cached are costs, and depend on the company.
    completions.map((completion) => ({
      ...completion,
      timing: undefined,
      evaluations: undefined,
      cachedTokens: undefined,
      promptIndex: undefined,
    }));
  const together = strip(await halfspace.generate({ ...options, prompts }));
  const apart = [];
  for (const prompt of prompts) {
    apart.push(...strip(await halfspace.generate({ ...options, prompt })));
  }
  expect(together).toEqual(apart);
}

/** Completions with lazy look-ahead, and with all candidates run: short of what was run, the same. */
async function expectSameTextWhenLazy(): Promise<void> {
  const halfspace = await createHalfspace({ backend, attributes: [pushed()] });
  const options = { samples: 2, maxTokens: 8, seed: 6, weights: { pushed: 3 }, cap: 0.2 };
  const prompts = ['She', 'The committee said that', SENTENCE];
  const [lazy, eager] = [
    await halfspace.generate({ ...options, prompts }),
    await halfspace.generate({ ...options, prompts, lookAhead: 'eager' }),
  ].map((completions) => ({
    found: completions.map((each) => ({
      ...each,
      timing: undefined,
      kl: undefined,
      klIsExact: undefined,
      cachedTokens: undefined,
      evaluations: undefined,
    })),
    evaluations: completions.reduce((sum, { evaluations }) => sum + evaluations, 0),
  })) as [{ found: object[]; evaluations: number }, { found: object[]; evaluations: number }];
  expect(lazy.found).toEqual(eager.found);
  expect(lazy.evaluations).toBeLessThan(0.7 * eager.evaluations);
}

/** Completions beside what no token depends on, at temperatures from 0. */
async function expectSameTokensInCompany(): Promise<void> {
  const [zero, measured] = ['zero', 'measured'].map((name, value) =>
    defineAttribute({ name, description: 'a test', score: ({ candidates }) => candidates.map(() => value) }),
  );
  const halfspace = await createHalfspace({ backend, attributes: [pushed(), zero, measured] as Attribute[] });
  const prompts = ['She', 'The committee said that'];
  const weights = { pushed: { weight: 3, cap: 0.2 } };
  for (const temperature of [0, 0.7, 1]) {
    const task = { prompts, samples: 2, maxTokens: 6, seed: 9, temperature };
    const tokensOf = async (options: GenerateOptions) =>
      (await halfspace.generate({ ...task, ...options })).map(({ tokens }) => tokens);
    const expected = await tokensOf({ weights });
    const company: GenerateOptions[] = [
      { weights: { ...weights, zero: 1 } },
      { weights: { ...weights, measured: 0 } },
      { weights, control: { mode: 'kl-budget', nats: 1e6 } },
      { formula: '3*min(pushed, 0.2)' },
      { weights, trace: true },
      { weights, lookAhead: 'eager' },
    ];
    for (const options of company) expect(await tokensOf(options)).toEqual(expected);
    if (temperature > 0) continue;
    for (const small of [1e-9, 1e-300]) {
      expect(await tokensOf({ weights, temperature: small })).toEqual(expected);
    }
  }
}

/** Two turns that share their beginning with others, with a cache and without one; greedy decoding keeps every token of the first. */
async function expectSameWithCache(precision: Precision): Promise<void> {
  const cold = await createOnnxBackend({ precision, cacheBytes: 0 });
  try {
    const made = [backend, cold].map(async (each) =>
      createHalfspace({ backend: each, attributes: [pushed()] }),
    );
    const halves = await Promise.all(made);
    for (const [weight, topK] of [
      [0, 1],
      [2, 4],
    ] as const) {
      const ask = async (prompts: readonly string[]) => {
        const options = { prompts, samples: 2, maxTokens: 12, seed: 8, topK, weights: { pushed: weight } };
        const [warm, plain] = await Promise.all(halves.map(async (each) => each.generate(options)));
        const said = (completions: readonly Completion[] = []) =>
          completions.map((each) => ({
            ...each,
            timing: undefined,
            cachedTokens: undefined,
            evaluations: undefined,
          }));
        expect(said(warm)).toEqual(said(plain));
        return warm ?? [];
      };
      const first = await ask(['Nobody spoke.', 'She'].map((end) => SENTENCE.repeat(6) + end));
      const second = await ask(first.map(({ prompt, text }) => `${prompt}${text} Then`));
      for (const [index, { cachedTokens, promptTokens }] of second.entries()) {
        expect(cachedTokens).toBeGreaterThanOrEqual((first[Math.floor(index / 2)]?.promptTokens ?? NaN) - 1);
        expect(cachedTokens).toBeLessThan(promptTokens);
      }
      // What was decoded is there as well, where it was the most probable token.
      if (topK === 1) expect(second[0]?.cachedTokens).toBeGreaterThan((first[0]?.promptTokens ?? NaN) + 8);
    }
  } finally {
    await cold.dispose();
  }
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
    const prompt = await run(tokens, 1, layers);
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

  it('gives the whole vocabulary a probability of one', async () => {
    const { context } = await run([1, 504], 1);
    const [next] = await backend.next([{ context, topK: backend.tokenizer.vocabularySize }]);
    const whole = next?.logProbs.reduce((sum, logProb) => sum + Math.exp(logProb), 0) ?? NaN;
    expect(Math.abs(Math.log(whole))).toBeLessThan(5e-5);
    backend.release(context);
  });

  it('has the greedy tokens of transformers, ten prompts together', async () => {
    const cases = expected.greedy;
    // Where the two best are closer than the arithmetic is exact, there would be nothing to compare.
    expect(Math.min(...cases.map(({ lead }) => lead))).toBeGreaterThan(1e-3);
    const prefills = await backend.prefill(cases.map(({ tokens }) => ({ tokens, rowsPerStep: 1 })));
    let contexts = prefills.map(({ context }) => context);
    const found: number[][] = cases.map(() => []);
    const leads = cases.map(() => Infinity);
    for (let step = 0; step < (cases[0]?.greedy.length ?? 0); step++) {
      const winners = await best(backend, contexts);
      const looks = await backend.lookAhead(
        winners.map(({ token }, index) => ({
          context: contexts[index] as Context,
          tokens: [token],
          layers: [],
        })),
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

  it('finds the same alone and in company, to the last bit', expectSameAloneAndInCompany);

  it('gives whole texts the states that they have as prompts, to the last bit', expectSameStatesAsPrompts);

  it.each([0, 2])('writes the same text however it is batched, at weight %i', expectSameTextHoweverBatched);

  it(
    'writes the same text, with the same figures, whether look-ahead is lazy or eager',
    expectSameTextWhenLazy,
  );

  it('writes the same tokens beside what none depends on, at any temperature', expectSameTokensInCompany);

  it('writes the same with its cache and without', async () => expectSameWithCache('f32'));

  it('has the perplexity of transformers on a long text', async () => {
    expect(relative(await longTextPerplexity(backend), LONG_TEXT_PERPLEXITY)).toBeLessThan(0.001);
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

  it('finds the same alone and in company, to the last bit', expectSameAloneAndInCompany);

  it('gives whole texts the states that they have as prompts, to the last bit', expectSameStatesAsPrompts);

  it.each([0, 2])('writes the same text however it is batched, at weight %i', expectSameTextHoweverBatched);

  it(
    'writes the same text, with the same figures, whether look-ahead is lazy or eager',
    expectSameTextWhenLazy,
  );

  it('writes the same tokens beside what none depends on, at any temperature', expectSameTokensInCompany);

  it('writes the same with its cache and without', async () => expectSameWithCache('int8'));

  it('has the perplexity of transformers on a long text', async () => {
    expect(relative(await longTextPerplexity(backend), LONG_TEXT_PERPLEXITY)).toBeLessThan(0.015);
  });
});
