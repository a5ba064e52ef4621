import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineAttribute, type LinearAttribute, type Subspace } from '@halfspace/contracts';
import { createHalfspace } from './plugins/container.js';
import type { Completion, TracedStep } from './decode/completion.js';
import type { Halfspace } from './create-halfspace.js';
import type { AnyGenerateOptions, GenerateOptions } from './options/options.js';
import { atOnce } from './testing/at-once.js';
import { chiSquareDeviate } from './testing/chi-square.js';
import {
  createToyBackend,
  toyHidden,
  toyLogits,
  toyTokenizer,
  TOY_VOCABULARY,
  type ToyOptions,
} from './testing/toy-backend.js';

const END = TOY_VOCABULARY.length - 1;

function attribute(name: string, axis: number): LinearAttribute {
  const direction = Float32Array.from({ length: 4 }, (_, i) => (i === axis ? 1 : 0));
  const calibration = { slope: 2, intercept: 0.25 };
  return defineAttribute({
    name,
    description: 'a test',
    subspaces: [{ model: 'toy-fingerprint', layers: [1], direction, offset: 0.1, calibration }],
  });
}

const kind = attribute('kind', 0);
const calm = attribute('calm', 1);

async function setUp(toy: ToyOptions = {}, together = 16) {
  const backend = createToyBackend(toy);
  const limits = atOnce(together);
  return { backend, halfspace: await createHalfspace({ backend, attributes: [kind, calm], limits }) };
}

const withoutCost = (completions: readonly Completion[]) =>
  completions.map((completion) => ({ ...completion, timing: undefined, evaluations: 0 }));

const marginAfter = (subspace: Subspace, tokens: readonly number[]) => {
  const distance = toyHidden(tokens).reduce((sum, h, i) => sum + h * subspace.direction[i], -subspace.offset);
  return subspace.calibration.slope * distance + subspace.calibration.intercept;
};

/** The whole of one step by definition, over the whole vocabulary: no top-k, no nucleus. */
function bruteForce(tokens: readonly number[], weights: Record<string, number>, endLogit: number) {
  const normalise = (scores: number[]) => {
    const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
    return scores.map((score) => score - Math.log(total));
  };
  const logP = normalise(toyLogits(tokens, endLogit));
  const logQ = normalise(
    logP.map((value, token) => {
      const after = token === END ? tokens : [...tokens, token];
      const bonus = [kind, calm].reduce(
        (sum, { name, subspaces }) => sum + (weights[name] ?? 0) * marginAfter(subspaces[0], after),
        0,
      );
      return value + bonus;
    }),
  );
  const kl = logQ.reduce((sum, q, token) => sum + Math.exp(q) * (q - logP[token]), 0);
  return { logP, logQ, kl };
}

async function one(halfspace: Halfspace, options: GenerateOptions): Promise<Completion> {
  const [completion] = await halfspace.generate(options);
  return completion;
}

describe('generate', () => {
  const WHOLE = { topK: 0, topP: 1, cap: Infinity };

  it('records what a brute force over every step finds', async () => {
    const { halfspace } = await setUp();
    const attributes = { kind: 1.5, calm: 0.5 };
    const completions = await halfspace.generate({
      ...WHOLE,
      prompt: 'abc',
      samples: 5,
      weights: attributes,
      trace: true,
    });
    for (const completion of completions) {
      let text = toyTokenizer.encode('abc');
      let logprob = 0;
      let kl = 0;
      const margins: number[] = [];
      completion.tokens.forEach((token, step) => {
        const expected = bruteForce(text, attributes, -1);
        logprob += expected.logP[token];
        kl += expected.kl;
        const traced = completion.trace?.[step];
        expect(traced?.candidates[traced.chosen].token).toBe(token);
        expect(traced?.before).toEqual({
          kind: expect.closeTo(marginAfter(kind.subspaces[0], text), 5),
          calm: expect.closeTo(marginAfter(calm.subspaces[0], text), 5),
        });
        for (const candidate of traced?.candidates ?? []) {
          expect(candidate.probability).toBeCloseTo(Math.exp(expected.logQ[candidate.token]), 6);
          expect(candidate.reference).toBeCloseTo(Math.exp(expected.logP[candidate.token]), 6);
        }
        if (token === END) return;
        text = [...text, token];
        margins.push(marginAfter(calm.subspaces[0], text));
      });
      expect(completion.logprob).toBeCloseTo(logprob, 5);
      expect(completion.kl).toBeCloseTo(kl, 5);
      expect(completion.margins['calm'].min).toBeCloseTo(Math.min(...margins), 5);
      expect(completion.margins['calm'].mean).toBeCloseTo(
        margins.reduce((a, b) => a + b, 0) / margins.length,
        5,
      );
      expect(completion.text).toBe(toyTokenizer.decode(completion.tokens));
      expect(completion.finishReason).toBe(completion.tokens.at(-1) === END ? 'end' : 'length');
    }
  });

  it('draws the first token from the re-weighted distribution', async () => {
    const { halfspace } = await setUp({ endLogit: 1 });
    const attributes = { kind: 2, calm: 1 };
    const completions = await halfspace.generate({
      ...WHOLE,
      prompt: 'abc',
      samples: 4000,
      maxTokens: 1,
      weights: attributes,
    });
    const observed = TOY_VOCABULARY.map(
      (_, token) => completions.filter(({ tokens }) => tokens[0] === token).length,
    );
    const { logQ } = bruteForce(toyTokenizer.encode('abc'), attributes, 1);
    expect(chiSquareDeviate(observed, logQ.map(Math.exp))).toBeLessThan(4);
  });

  it('gives a completion whatever is decoded beside it', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.nat(2 ** 40),
        fc.integer({ min: 1, max: 7 }),
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom<Record<string, number>>({}, { kind: 1 }, { kind: 1, calm: 0 }),
        async (seed, atATime, samples, weights) => {
          const options = { seed, weights, maxTokens: 6, topK: 4 };
          const prompts = ['ab', 'cde', 'f g'];
          const together = await (
            await setUp({}, atATime)
          ).halfspace.generate({ ...options, prompts, samples });
          for (const [promptIndex, prompt] of prompts.entries()) {
            const alone = await (await setUp({}, 1)).halfspace.generate({ ...options, prompt, samples: 4 });
            const found = together.filter((each) => each.promptIndex === promptIndex);
            expect(withoutCost(found)).toEqual(
              withoutCost(alone.slice(0, samples)).map((each) => ({ ...each, promptIndex })),
            );
          }
        },
      ),
      { numRuns: 25 },
    );
  });

  it('asks for the trunk once a step if eager, and once for prompts that have room in a call', async () => {
    const { backend, halfspace } = await setUp({ endLogit: -50 });
    await halfspace.generate({
      prompts: ['ab', 'cd'],
      samples: 3,
      maxTokens: 5,
      topK: 4,
      topP: 1,
      weights: { kind: 1 },
      lookAhead: 'eager',
    });
    expect(backend.calls).toEqual({ prefill: 1, next: 5, lookAhead: 5, rows: 5 * 6 * 4 });
  });

  it('runs only the winner when nothing steers, and measures it all the same', async () => {
    const { backend, halfspace } = await setUp({ endLogit: -50 });
    const plain = await one(halfspace, { prompt: 'ab', maxTokens: 5 });
    const measured = await one(halfspace, { prompt: 'ab', maxTokens: 5, weights: { kind: 0 } });
    expect(backend.calls.rows).toBe(10);
    expect(measured.tokens).toEqual(plain.tokens);
    expect(measured.kl).toBe(0);
    expect(Number.isFinite(measured.margins['kind'].mean)).toBe(true);
    expect(plain.margins).toEqual({});
  });

  it('comes to temperature 0 by small ones, steered or not', async () => {
    const { halfspace } = await setUp();
    const tokensAt = async (temperature: number, weight: number) => {
      const options = { prompts: ['abc', 'f g'], weights: { kind: weight }, cap: Infinity, topK: 0 };
      const found = await halfspace.generate({ ...options, temperature, maxTokens: 8 });
      return found.map(({ tokens }) => tokens);
    };
    const plain = await tokensAt(0, 0);
    const steered = await tokensAt(0, 3);
    for (const temperature of [1e-4, 1e-8, 1e-300]) {
      expect(await tokensAt(temperature, 0)).toEqual(plain);
      expect(await tokensAt(temperature, 3)).toEqual(steered);
    }
    expect(steered).not.toEqual(plain);
  });

  it('takes the most probable token at temperature 0', async () => {
    const { halfspace } = await setUp({ endLogit: -50 });
    const attributes = { kind: 3 };
    const { tokens } = await one(halfspace, {
      ...WHOLE,
      prompt: 'ab',
      temperature: 0,
      weights: attributes,
      maxTokens: 8,
    });
    let text = toyTokenizer.encode('ab');
    for (const token of tokens) {
      const { logQ } = bruteForce(text, attributes, -50);
      expect(token).toBe(logQ.indexOf(Math.max(...logQ)));
      text = [...text, token];
    }
  });

  it('ends before a stop string, at an end token, and where the context is full', async () => {
    const { halfspace } = await setUp({ endLogit: -50, contextLength: 12 });
    const full = await one(halfspace, { prompt: 'ab', maxTokens: 50 });
    expect(full).toMatchObject({ finishReason: 'length' });
    expect(full.tokens).toHaveLength(10);
    const stop = full.text.slice(3, 5);
    const stopped = await one(halfspace, { prompt: 'ab', maxTokens: 50, stop: [stop] });
    expect(stopped.finishReason).toBe('stop');
    expect(stopped.text).toBe(full.text.slice(0, full.text.indexOf(stop)));
    const ended = await one((await setUp({ endLogit: 50 })).halfspace, {
      prompt: 'ab',
      weights: { kind: 1 },
    });
    expect(ended).toMatchObject({
      finishReason: 'end',
      text: '',
      tokens: [END],
      margins: { kind: { mean: NaN } },
    });
  });

  it('renders a conversation', async () => {
    const { halfspace } = await setUp();
    const messages = [{ role: 'user', content: 'abc' }] as const;
    expect((await one(halfspace, { messages })).text).toBe((await one(halfspace, { prompt: 'abc' })).text);
  });

  it('gives every context back, however it ends', async () => {
    const options = { prompts: ['ab', 'cd'], samples: 3, weights: { kind: 1 } };
    const done = await setUp();
    await done.halfspace.generate(options);
    const broken = await setUp({ breakAfter: 2, endLogit: -50 });
    await expect(broken.halfspace.generate(options)).rejects.toMatchObject({ code: 'not-finite' });
    const deaf = await setUp({ breakAfter: -1 });
    await expect(deaf.halfspace.generate(options)).rejects.toMatchObject({ code: 'not-finite' });
    const left = await setUp({ endLogit: -50 });
    for await (const event of left.halfspace.stream(options)) {
      if (event.type === 'text') break;
    }
    const aborted = await setUp({ endLogit: -50 });
    const controller = new AbortController();
    await expect(async () => {
      for await (const _ of aborted.halfspace.stream({ ...options, signal: controller.signal }))
        controller.abort();
    }).rejects.toMatchObject({ code: 'aborted' });
    for (const { backend } of [done, broken, deaf, left, aborted]) expect(backend.open).toBe(0);
  });

  it('streams the text that it returns', async () => {
    const { halfspace } = await setUp();
    const texts = ['', '', ''];
    let completions = 0;
    for await (const event of halfspace.stream({ prompt: 'abc', samples: 3, stop: ['gg'] })) {
      if (event.type === 'text') texts[event.sample] += event.text;
      if (event.type !== 'completion') continue;
      expect(event.completion.text).toBe(texts[event.completion.sample]);
      completions++;
    }
    expect(completions).toBe(3);
  });

  it('streams the steps of a trace, each before its text, and none without', async () => {
    const { halfspace } = await setUp();
    const options = { prompt: 'abc', samples: 3, weights: { kind: 1 }, cap: Infinity };
    const steps: TracedStep[][] = [[], [], []];
    const pieces = [0, 0, 0];
    for await (const event of halfspace.stream({ ...options, trace: true })) {
      if (event.type === 'step') steps[event.sample].push(event.step);
      if (event.type === 'text') expect(steps[event.sample]).toHaveLength(++pieces[event.sample]);
      if (event.type === 'completion') expect(event.completion.trace).toEqual(steps[event.completion.sample]);
    }
    expect(Math.min(...pieces)).toBeGreaterThan(0);
    for await (const { type } of halfspace.stream(options)) expect(type).not.toBe('step');
  });

  it.each<[string, AnyGenerateOptions]>([
    ['bad-option', {}],
    ['bad-option', { prompt: 'a', prompts: ['b'] }],
    ['bad-option', { prompt: 'a', temperature: -1 }],
    ['bad-option', { prompt: 'a', topP: 0 }],
    ['bad-option', { prompt: 'a', maxTokens: 1.5 }],
    ['bad-option', { prompt: 'a', weights: { kind: NaN } }],
    ['bad-option', { prompt: 'a', weights: { kind: -Infinity } }],
    ['bad-option', { prompts: ['a', { text: 'b', weights: { kind: NaN } }] }],
    ['bad-option', { prompts: ['a', { text: 'b', weight: {} } as never] }],
    ['bad-option', { prompts: [{ weights: { kind: 1 } } as never] }],
    ['bad-option', { prompts: [{ text: 'a', messages: [{ role: 'user', content: 'b' }] } as never] }],
    ['unknown-attribute', { prompts: ['a', { text: 'b', weights: { mild: 1 } }] }],
    ['empty-prompt', { prompts: ['a', { text: '' }] }],
    ['formula-invalid', { prompt: 'a', weights: { kind: '4 - 3*calm' } }],
    ['formula-invalid', { prompt: 'a', weights: { kind: '1/progress' } }],
    ['formula-invalid', { prompts: [{ text: 'a', weights: { kind: '' } }] }],
    ['formula-invalid', { prompt: 'a', formula: 'kind + mild' }],
    ['formula-invalid', { prompt: 'a', formula: 'step + 1' }],
    ['bad-option', { prompt: 'a', formula: 'kind', weights: { calm: 1 } }],
    ['bad-option', { prompts: [{ text: 'a', weights: { calm: 1 } }], formula: 'kind' }],
    ['bad-option', { prompt: 'a', formula: 'kind', bonus: 'softmax' }],
    ['bad-option', { prompt: 'a', formula: 2 as never }],
    ['bad-option', { prompt: 'a', cap: -1 }],
    ['bad-option', { prompt: 'a', cap: NaN }],
    ['bad-option', { prompt: 'a', weights: { kind: { weight: 1, cap: -1 } } }],
    ['bad-option', { prompt: 'a', weights: { kind: { weight: NaN, cap: 1 } } }],
    ['bad-option', { prompt: 'a', weights: { kind: { cap: 1 } as never } }],
    ['bad-option', { prompt: 'a', weights: { kind: { weight: 1, caps: 1 } as never } }],
    ['bad-option', { prompts: [{ text: 'a', weights: { kind: { weight: 1, cap: NaN } } }] }],
    ['formula-invalid', { prompt: 'a', weights: { kind: { weight: '1/progress', cap: 1 } } }],
    ['bad-option', { prompt: 'a', lookAhead: 'later' as 'lazy' }],
    ['bad-option', { prompt: 'a', beams: 3 } as GenerateOptions],
    ['empty-prompt', { prompt: '' }],
    ['empty-prompt', { prompts: ['a', ''] }],
    ['context-overflow', { prompt: 'a'.repeat(64) }],
    ['unknown-attribute', { prompt: 'a', weights: { mild: 1 } }],
  ])('refuses with %s before work starts: %j', async (code, options) => {
    const { backend, halfspace } = await setUp();
    await expect(halfspace.generate(options as GenerateOptions)).rejects.toMatchObject({
      name: 'HalfspaceError',
      code,
    });
    expect(backend.calls.prefill).toBe(0);
  });
});

describe('score', () => {
  it('summarises the margins of the response alone', async () => {
    const { backend, halfspace } = await setUp();
    const { margins, probability } = await halfspace.score({
      prompt: 'ab',
      response: 'cde',
      measure: ['calm', 'kind'],
    });
    const after = ['abc', 'abcd', 'abcde'].map((text) =>
      marginAfter(calm.subspaces[0], toyTokenizer.encode(text)),
    );
    expect(margins['calm'].last).toBeCloseTo(after[2], 5);
    expect(margins['calm'].min).toBeCloseTo(Math.min(...after), 5);
    expect(margins['calm'].mean).toBeCloseTo((after[0] + after[1] + after[2]) / 3, 5);
    expect(probability['calm']).toBeCloseTo(1 / (1 + Math.exp(-after[2])), 5);
    expect(backend.open).toBe(0);
  });

  it('refuses what it cannot score', async () => {
    const { halfspace } = await setUp();
    const refusal = (response: string, name: string) => halfspace.score({ response, measure: [name] });
    await expect(refusal('', 'kind')).rejects.toMatchObject({ code: 'empty-response' });
    await expect(refusal('a'.repeat(65), 'kind')).rejects.toMatchObject({ code: 'context-overflow' });
    await expect(refusal('a', 'mild')).rejects.toMatchObject({ code: 'unknown-attribute' });
  });
});

it('options are those at the time of the call, whatever is done with the object afterwards', async () => {
  const { halfspace } = await setUp({ endLogit: -50 });
  const options = { prompt: 'abc', maxTokens: 5 };
  const work = halfspace.generate(options);
  options.maxTokens = 1;
  const [{ tokens }] = await work;
  expect(tokens).toHaveLength(5);
});

describe('createHalfspace', () => {
  it('refuses plugins that do not fit', async () => {
    const backend = createToyBackend();
    await expect(createHalfspace({ backend, attributes: [kind, kind] })).rejects.toThrow(/Two attributes/);
    await expect(createHalfspace({ backend: { ...backend, specificationVersion: 3 as 2 } })).rejects.toThrow(
      /contracts/,
    );
    const foreign = defineAttribute({
      name: 'foreign',
      description: 'a test',
      subspaces: [{ ...kind.subspaces[0], model: 'another' }],
    });
    const halfspace = await createHalfspace({ backend, attributes: [foreign] });
    await expect(halfspace.generate({ prompt: 'a', weights: { foreign: 1 } })).rejects.toMatchObject({
      code: 'subspace-of-another-model',
    });
  });
});
