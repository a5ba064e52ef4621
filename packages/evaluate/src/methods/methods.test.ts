import { createHalfspace, defineAttribute } from '@halfspace/core';
import { describe, expect, test } from 'vitest';
import { createToyBackend, toyLogits } from '../../../core/src/testing/toy-backend.js';
import type { MethodModel, OpenMethod } from './method.js';
import { openMethod, parseMethodSpec } from './method-spec.js';

const toy = createToyBackend();
/** The toy, which reads whole texts as well. */
const backend = {
  ...toy,
  logProbs: async (tokens: readonly number[]) => Promise.resolve(readTokens(tokens)),
};

/** Log-probability of each token but the first, from the made-up logits themselves. */
function readTokens(tokens: readonly number[]): Float64Array {
  return Float64Array.from(tokens.slice(1), (token, i) => {
    const logits = toyLogits(tokens.slice(0, i + 1), -1);
    return logits[token] - Math.log(logits.reduce((sum, logit) => sum + Math.exp(logit), 0));
  });
}

const attribute = (name: string, direction: number[]) =>
  defineAttribute({
    name,
    description: 'a test',
    subspaces: [
      {
        model: backend.model.fingerprint,
        layers: [1],
        direction: Float32Array.from(direction),
        offset: 0.1,
        calibration: { slope: 2, intercept: 0 },
      },
    ],
  });
const halfspace = await createHalfspace({
  backend,
  attributes: [attribute('calm', [1, 0, 0, 0]), attribute('kind', [0, 0.6, 0.8, 0])],
});
const model: MethodModel = {
  halfspace,
  decoding: { maxTokens: 6, temperature: 1, topP: 0.95, topK: 0 },
  measured: ['calm', 'kind'],
};
const prompt = { suite: 's', id: '1', text: 'ab' };

const open = async (spec: object): Promise<OpenMethod> => openMethod(await parseMethodSpec(spec), model);

/** What the model makes of tokens after a text: the sum of their log-probabilities. */
function likelihood(text: string, tokens: readonly number[]): number {
  const before = backend.tokenizer.encode(text);
  const all = readTokens([...before, ...tokens]);
  return all.slice(before.length - 1).reduce((sum, each) => sum + each, 0);
}

const SPECS = [
  { method: 'plain' },
  { method: 'halfspace', weights: { calm: 2 }, cap: 'none' },
  { method: 'halfspace', weights: { calm: 2 }, control: { mode: 'kl-budget', nats: 0.05 } },
  {
    method: 'halfspace',
    control: { mode: 'constraints', constraints: [{ kind: 'at-least', attribute: 'kind', margin: 0.1 }] },
  },
  { method: 'sasa', attribute: 'calm', beta: 10 },
  { method: 'word-filter', words: ['abc', 'g'], options: { weights: { calm: 1 } } },
  { method: 'system-prompt', text: 'cd' },
  { method: 'best-of-n', n: 3, weights: { calm: 1 } },
  { method: 'rad', beta: 20 },
];

describe.each(SPECS)('$method', (spec) => {
  test('is a function of seed, prompt and sample alone', async () => {
    const method = await open(spec);
    const first = await method.complete({ prompt, samples: 4, seed: 5 });
    expect(first).toHaveLength(4);
    const again = await open(spec);
    // Another prompt in between, and fewer samples.
    await again.complete({ prompt: { ...prompt, text: 'gf' }, samples: 2, seed: 5 });
    // Rows are a cost, and depend on the company.
    const withoutEvaluations = (completions: typeof first) =>
      completions.map((each) => ({ ...each, evaluations: 0 }));
    const fewer = await again.complete({ prompt, samples: 2, seed: 5 });
    expect(withoutEvaluations(fewer)).toEqual(withoutEvaluations(first.slice(0, 2)));
    expect(withoutEvaluations(await again.complete({ prompt, samples: 4, seed: 6 }))).not.toEqual(
      withoutEvaluations(first),
    );
    const traced = await again.complete({ prompt, samples: 4, seed: 5, trace: true });
    expect(traced.map(({ text, tokens }) => ({ text, tokens }))).toEqual(
      first.map(({ text, tokens }) => ({ text, tokens })),
    );
    for (const { tokens, traced: completion } of traced) {
      const steps = completion?.trace ?? [];
      expect(steps.map(({ candidates, chosen }) => candidates[chosen].token)).toEqual(tokens);
    }
    expect(toy.open).toBe(0);
  });

  test('tells how probable its tokens are to the plain model, and all margins', async () => {
    const method = await open(spec);
    for (const { tokens, logprob, margins } of await method.complete({ prompt, samples: 4, seed: 5 })) {
      expect(logprob).toBeCloseTo(likelihood('ab', tokens), 9);
      expect(Object.keys(margins).sort()).toEqual(['calm', 'kind']);
    }
  });
});

test('best of n is the one of n plain completions with the largest margin', async () => {
  const [n, samples] = [3, 4];
  const plain = await (await open({ method: 'plain' })).complete({ prompt, samples: samples * n, seed: 5 });
  const best = await (
    await open({ method: 'best-of-n', n, weights: { calm: 1, kind: 0.5 } })
  ).complete({ prompt, samples, seed: 5 });
  best.forEach((chosen, sample) => {
    const choices = plain.slice(sample * n, (sample + 1) * n);
    const worth = choices.map(
      ({ margins }) => (margins['calm'] ?? -Infinity) + 0.5 * (margins['kind'] ?? -Infinity),
    );
    const expected = choices[worth.indexOf(Math.max(...worth))];
    expect(chosen.text).toBe(expected.text);
    expect(chosen.evaluations).toBe(choices.reduce((sum, { evaluations }) => sum + evaluations, 0));
    expect(chosen.kl).toBeNull();
  });
});

test('a system prompt is what the completion follows', async () => {
  const told = await (
    await open({ method: 'system-prompt', text: 'cd' })
  ).complete({ prompt, samples: 3, seed: 5 });
  const plain = await halfspace.generate({ prompt: 'cd\n\nab', ...model.decoding, samples: 3, seed: 5 });
  expect(told.map(({ text }) => text)).toEqual(plain.map(({ text }) => text));
});

test('a word filter keeps its words out', async () => {
  const without = await (
    await open({ method: 'word-filter', words: ['a', 'b'] })
  ).complete({ prompt, samples: 20, seed: 5 });
  for (const { text } of without) expect(text).not.toMatch(/(?<!\w)[ab](?!\w)/);
});

test('a word filter of a plan names words and no files: whoever wrote the plan gets none read', async () => {
  const spec = { method: 'word-filter', words: ['@/etc/hostname'] };
  expect((await parseMethodSpec(spec)).parameters).toEqual({ words: ['@/etc/hostname'] });
  const plain = await (await open({ method: 'plain' })).complete({ prompt, samples: 5, seed: 5 });
  const filtered = await (await open(spec)).complete({ prompt, samples: 5, seed: 5 });
  expect(filtered.map(({ text }) => text)).toEqual(plain.map(({ text }) => text));
});

test('what a subspace adds is a direction, an offset and a calibration', async () => {
  expect((await open({ method: 'halfspace', weights: { calm: 1, kind: 1 } })).extraParameters).toBe(14);
  expect((await open({ method: 'plain' })).extraParameters).toBe(0);
});

test('a method has a name and a series of its own, or those of its parameters', async () => {
  const named = async (spec: object) => {
    const { name, series } = await parseMethodSpec(spec);
    return [name, series];
  };
  expect(await named({ method: 'halfspace', weights: { calm: 2, kind: 1 } })).toEqual([
    'calm=2,kind=1',
    'calm+kind',
  ]);
  expect(await named({ method: 'halfspace', weights: { calm: 2 }, cap: 'none' })).toEqual([
    'calm=2 cap none',
    'calm cap none',
  ]);
  expect(await named({ method: 'halfspace', weights: { calm: 1 }, earlyExit: true })).toEqual([
    'calm=1 early exit',
    'calm early exit',
  ]);
  expect(await named({ ...SPECS[2] })).toEqual(['calm=2 kl-budget 0.05', 'calm kl-budget']);
  expect(await named({ ...SPECS[3] })).toEqual(['at-least kind 0.1', 'kind constraints']);
  expect(await named({ method: 'sasa', attribute: 'calm', beta: 500 })).toEqual([
    'SASA calm 500',
    'SASA calm',
  ]);
  expect(await named({ method: 'rad', beta: 30 })).toEqual(['RAD 30', 'RAD']);
  expect(await named({ method: 'rad', beta: 30, topK: 10 })).toEqual(['RAD top-k 10 30', 'RAD top-k 10']);
  expect(await named({ method: 'fudge', lambda: 2 })).toEqual(['FUDGE 2', 'FUDGE']);
  expect(await named({ method: 'unigram-experts', alpha: 1 })).toEqual([
    'unigram experts 1',
    'unigram experts',
  ]);
  expect(await named({ method: 'plain', name: 'as it is', series: 'x' })).toEqual(['as it is', 'x']);
});
