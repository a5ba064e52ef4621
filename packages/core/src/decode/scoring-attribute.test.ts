import { getEventListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import {
  type Attribute,
  defineAttribute,
  type ScoreStep,
  type ScoringAttributeDefinition,
} from '@halfspace/contracts';
import type { Completion } from './completion.js';
import { createHalfspace } from '../plugins/container.js';
import type { GenerateOptions } from '../options/options.js';
import {
  createToyBackend,
  toyHidden,
  toyLogits,
  toyTokenizer,
  TOY_VOCABULARY,
  type ToyOptions,
} from '../testing/toy-backend.js';

const END = TOY_VOCABULARY.length - 1;

const kind = defineAttribute({
  name: 'kind',
  description: 'a linear attribute',
  subspaces: [
    {
      model: 'toy-fingerprint',
      layers: [1],
      direction: Float32Array.of(0, 1, 0, 0),
      offset: 0.1,
      calibration: { slope: 2, intercept: 0.25 },
    },
  ],
});

/** Margin of a text: as often as it has an a, and by its hidden state. */
const own = (text: string, hidden: ArrayLike<number>) => 0.7 * text.split('a').length + 2 * hidden[2];

const many = defineAttribute({
  name: 'many-as',
  description: 'full of the letter a',
  layers: [1],
  async score({ prefix, candidates, hidden }) {
    const states = hidden(1);
    return candidates.map(({ text }, i) => own(prefix + text, states.subarray(4 * i)));
  },
});

function scoring(change: Partial<ScoringAttributeDefinition>): Attribute {
  return defineAttribute({ name: 'scored', description: 'a test', score: () => [], ...change });
}

async function setUp(attributes: readonly Attribute[], toy: ToyOptions = {}) {
  const backend = createToyBackend(toy);
  return { backend, halfspace: await createHalfspace({ backend, attributes }) };
}

const comparable = (completions: readonly Completion[]) =>
  completions.map((completion) => ({ ...completion, timing: undefined, promptIndex: undefined }));

const logSoftmax = (scores: readonly number[]) => {
  const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
  return scores.map((score) => score - Math.log(total));
};

/** Bonus of every token of the vocabulary, by definition. */
function bonusAfter(prompt: string, tokens: readonly number[], as: 'margin' | 'softmax') {
  const whole = [...toyTokenizer.encode(prompt), ...tokens];
  const columns = TOY_VOCABULARY.map((_, token) => {
    const after = token === END ? tokens : [...tokens, token];
    const hidden = toyHidden(token === END ? whole : [...whole, token]);
    return { distance: hidden[1] - 0.1, margin: own(toyTokenizer.decode(after), hidden) };
  });
  const softmax = (values: readonly number[]) => logSoftmax(values).map(Math.exp);
  const first =
    as === 'softmax'
      ? softmax(columns.map(({ distance }) => distance))
      : columns.map(({ distance }) => 2 * distance + 0.25);
  const margins = columns.map(({ margin }) => margin);
  const second = as === 'softmax' ? softmax(margins) : margins;
  return { bonus: first.map((value, x) => 1.5 * value + 0.5 * second[x]), margins };
}

describe('a scoring attribute', () => {
  it.each(['margin', 'softmax'] as const)(
    'stacks with a linear one as a brute force says, with the bonus %s',
    async (bonusKind) => {
      const { halfspace } = await setUp([kind, many], { endLogit: 1 });
      const uncapped = (weight: number) => (bonusKind === 'softmax' ? weight : { weight, cap: Infinity });
      const attributes = { kind: uncapped(1.5), 'many-as': uncapped(0.5) };
      const completions = await halfspace.generate({
        prompt: 'abc',
        samples: 6,
        topK: 0,
        topP: 1,
        weights: attributes,
        bonus: bonusKind,
        trace: true,
      } as GenerateOptions);
      expect(completions.some(({ finishReason }) => finishReason === 'end')).toBe(true);
      for (const { tokens, kl, trace = [], margins: recorded } of completions) {
        let sum = 0;
        const seen: number[] = [];
        tokens.forEach((token, step) => {
          const before = tokens.slice(0, step);
          const logP = logSoftmax(toyLogits([...toyTokenizer.encode('abc'), ...before], 1));
          const { bonus, margins } = bonusAfter('abc', before, bonusKind);
          const logQ = logSoftmax(logP.map((value, x) => value + bonus[x]));
          sum += logQ.reduce((total, q, x) => total + Math.exp(q) * (q - logP[x]), 0);
          if (token !== END) seen.push(margins[token]);
          expect(trace[step].candidates).toHaveLength(TOY_VOCABULARY.length);
          for (const candidate of trace[step].candidates) {
            expect(candidate.probability).toBeCloseTo(Math.exp(logQ[candidate.token]), 6);
            expect(candidate.margins['many-as']).toBeCloseTo(margins[candidate.token], 6);
          }
        });
        expect(kl).toBeCloseTo(sum, 5);
        if (seen.length === 0) continue;
        expect(recorded['many-as'].min).toBeCloseTo(Math.min(...seen), 6);
        expect(recorded['many-as'].mean).toBeCloseTo(seen.reduce((a, b) => a + b, 0) / seen.length, 6);
      }
    },
  );

  it('sees prompt, text, candidates and end tokens', async () => {
    const steps: ScoreStep[] = [];
    const spy = scoring({
      score(step) {
        steps.push(step);
        return step.candidates.map(() => 0);
      },
    });
    const { halfspace } = await setUp([spy], { endLogit: 1 });
    const options = { prompt: 'abc', topK: 0, topP: 1, maxTokens: 6, seed: 3 };
    const [{ text, tokens }] = await halfspace.generate({ ...options, weights: { scored: 1 } });
    expect(steps).toHaveLength(tokens.length);
    steps.forEach(({ prompt, prefix, candidates }, i) => {
      expect([prompt, prefix]).toEqual(['abc', text.slice(0, i)]);
      const byToken = candidates.toSorted((a, b) => a.token - b.token);
      expect(byToken.map((each) => each.text)).toEqual([...TOY_VOCABULARY.slice(0, END), '']);
      expect(byToken.map(({ end }) => end)).toEqual(TOY_VOCABULARY.map((_, token) => token === END));
    });
    expect(text.length).toBeGreaterThan(2);
  });

  it('sees the text of a candidate up to a stop text', async () => {
    const texts = new Set<string>();
    const spy = scoring({
      score({ prefix, candidates }) {
        return candidates.map(({ text, end, token }) => {
          if (end && token !== END) texts.add(prefix + text);
          return end ? 5 : 0;
        });
      },
    });
    const { halfspace } = await setUp([spy], { endLogit: -50 });
    const options = { prompt: 'abc', topK: 0, topP: 1, stop: ['ab', 'ca', 'gd', 'dd'] };
    const [completion] = await halfspace.generate({ ...options, weights: { scored: 1 } });
    expect(completion.finishReason).toBe('stop');
    expect([...texts]).toContain(completion.text);
  });

  it('of weight 0 measures what is drawn, and steers nothing', async () => {
    const asked: number[] = [];
    const spy = scoring({
      score({ candidates }) {
        asked.push(...candidates.map(({ token }) => token));
        return [asked.length];
      },
    });
    const { halfspace, backend } = await setUp([spy], { endLogit: -50 });
    const [plain] = await halfspace.generate({ prompt: 'ab', maxTokens: 4 });
    const [measured] = await halfspace.generate({ prompt: 'ab', maxTokens: 4, weights: { scored: 0 } });
    expect(measured.tokens).toEqual(plain.tokens);
    expect(asked).toEqual(plain.tokens);
    expect(measured.margins).toEqual({ scored: { mean: 2.5, min: 1 } });
    expect(backend.calls.rows).toBe(8);
  });

  it('that reads texts alone draws as if all candidates were run, and runs the winner', async () => {
    const spy = scoring({
      score: ({ prefix, candidates }) => candidates.map(({ text }) => own(prefix + text, [0, 0, 0, 0])),
    });
    const { halfspace, backend } = await setUp([spy, kind], { endLogit: 1 });
    const attributes = { scored: '2 - 3*progress', kind: 0 };
    const options: GenerateOptions = { prompt: 'abc', samples: 30, maxTokens: 6, weights: attributes };
    const lazy = await halfspace.generate(options);
    const run = lazy.reduce((sum, { evaluations }) => sum + evaluations, 0);
    expect(run).toBe(backend.calls.rows);
    expect(run).toBe(
      lazy.reduce((sum, { tokens }) => sum + tokens.filter((token) => token !== END).length, 0),
    );
    const eager = await halfspace.generate({ ...options, lookAhead: 'eager' });
    expect(comparable(lazy)).toEqual(
      comparable(eager).map((each, i) => ({ ...each, evaluations: lazy[i].evaluations })),
    );
    expect(backend.calls.rows).toBeGreaterThan(3 * run);
    expect(backend.open).toBe(0);
  });

  it('may take its time while others use the backend', async () => {
    const slow = defineAttribute({
      ...many,
      async score(step) {
        await sleep(1);
        return many.score(step);
      },
    });
    const { halfspace, backend } = await setUp([kind, slow]);
    const options: GenerateOptions = { prompt: 'abc', samples: 2, weights: { kind: 1, 'many-as': 1 } };
    const alone = await halfspace.generate(options);
    const together = await Promise.all([1, 2, 3].map(async () => halfspace.generate(options)));
    for (const each of together) expect(comparable(each)).toEqual(comparable(alone));
    expect(backend.open).toBe(0);
  });

  it('is asked about every token of a text that is scored', async () => {
    const asked: [string, string][] = [];
    const spy = scoring({
      layers: [1],
      score({ prompt, prefix, candidates: [{ text }], hidden }) {
        asked.push([prompt + prefix, text]);
        return [hidden(1)[2] - asked.length];
      },
    });
    const { halfspace, backend } = await setUp([kind, spy]);
    const { margins } = await halfspace.score({
      prompt: 'ab',
      response: 'cde',
      measure: ['scored', 'kind'],
    });
    expect(asked).toEqual([
      ['ab', 'c'],
      ['abc', 'd'],
      ['abcd', 'e'],
    ]);
    const after = ['abc', 'abcd', 'abcde'].map((text, i) => toyHidden(toyTokenizer.encode(text))[2] - i - 1);
    expect(margins['scored'].last).toBeCloseTo(after[2], 6);
    expect(margins['scored'].min).toBeCloseTo(Math.min(...after), 6);
    expect(Object.keys(margins)).toEqual(['scored', 'kind']);
    expect(backend.open).toBe(0);
  });

  it('is refused where it reads a layer that the model does not have', async () => {
    const { halfspace, backend } = await setUp([scoring({ layers: [2] })]);
    const work = halfspace.generate({ prompt: 'a', weights: { scored: 1 } });
    await expect(work).rejects.toMatchObject({ code: 'unknown-layer' });
    expect(backend.calls.prefill).toBe(0);
  });
});

describe('a faulty attribute', () => {
  const BAD = 'bad';
  /** Fine but for one prompt, from its third step on. */
  const faulty = (fault: (step: ScoreStep) => unknown, more: Partial<ScoringAttributeDefinition> = {}) =>
    scoring({
      timeoutMs: 40,
      score(step) {
        if (step.prompt === BAD && step.prefix.length >= 2) return fault(step) as number[];
        return step.candidates.map(({ token }) => token / 4);
      },
      ...more,
    });
  const OPTIONS = {
    weights: { kind: 1, scored: 1 },
    samples: 2,
    maxTokens: 7,
    trace: true,
    stop: ['ggg'],
  };

  const faults: [string, RegExp, (step: ScoreStep) => unknown][] = [
    ['throws', /out of luck\./, () => raise(new Error('out of luck'))],
    ['throws no error', /failed at step 2 \(from 0\): boo\./, () => raise('boo')],
    ['rejects', /gone/, async () => Promise.reject(new Error('gone'))],
    ['is not finite', /margin of candidate 0 is NaN/, ({ candidates }) => candidates.map(() => NaN)],
    ['is no number', /candidate 0 is 1/, ({ candidates }) => candidates.map(() => '1')],
    ['is too short', /1 margins for \d+ candidates/, () => [1]],
    ['is no list', /undefined and not a list/, () => undefined],
    ['never answers', /within 40 ms/, async () => new Promise(() => {})],
    [
      'changes what is shared',
      /read only|not extensible|frozen/,
      ({ candidates }) => Reflect.apply(Array.prototype.sort, candidates, []),
    ],
    ['reads a layer it does not declare', /Layer 1 is not among/, ({ hidden }) => hidden(1)],
  ];

  it.each(faults)('that %s ends its own completions and no other', async (_, message, fault) => {
    const { halfspace, backend } = await setUp([kind, faulty(fault)], { endLogit: -50 });
    const prompts = ['ab', BAD, 'cde'];
    const found = await halfspace.generate({ ...OPTIONS, prompts });
    const failed = found.filter(({ promptIndex }) => promptIndex === 1);
    const others = found.filter(({ promptIndex }) => promptIndex !== 1);
    const without = await halfspace.generate({ ...OPTIONS, prompts: ['ab', 'cde'] });
    expect(comparable(others)).toEqual(comparable(without));
    expect(backend.open).toBe(0);

    const healthy = await (
      await setUp([kind, faulty(({ candidates }) => candidates.map(({ token }) => token / 4))], {
        endLogit: -50,
      })
    ).halfspace.generate({ ...OPTIONS, prompts: [BAD], maxTokens: 2 });
    expect(failed).toHaveLength(2);
    failed.forEach(({ finishReason, error, ...rest }, i) => {
      expect(finishReason).toBe('error');
      expect(error).toMatchObject({ name: 'HalfspaceError', code: 'attribute-failed' });
      expect(error?.message).toMatch(/^The attribute "scored" failed at step 2 \(from 0\)/);
      expect(error?.message).toMatch(message);
      const { finishReason: _reason, ...expected } = healthy[i];
      expect(comparable([rest as Completion])).toEqual(comparable([expected as Completion]));
    });
  });

  it('gives its error on, and what was held back', async () => {
    const cause = new Error('mine');
    let asked = 0;
    const score = ({ candidates }: ScoreStep) => (++asked % 3 === 0 ? raise(cause) : candidates.map(() => 0));
    const { halfspace } = await setUp([scoring({ score })], { endLogit: -50 });
    const options = { prompt: 'ab', maxTokens: 5, weights: { scored: 1 } };
    const [{ text }] = await halfspace.generate(options);
    expect(text).toHaveLength(2);
    const streamed: string[] = [];
    let last: Completion | undefined;
    for await (const event of halfspace.stream({ ...options, stop: [`${text.slice(1)}gggg`] })) {
      if (event.type === 'text') streamed.push(event.text);
      if (event.type === 'completion') last = event.completion;
    }
    expect(last).toMatchObject({ text, finishReason: 'error', error: { cause } });
    expect(streamed.join('')).toBe(text);
  });

  it('tells the attributes beside it that their answers are of no use', async () => {
    const reasons: unknown[] = [];
    const patient = defineAttribute({
      name: 'patient',
      description: 'waits',
      score: async ({ signal, candidates, prompt, prefix }) => {
        if (prompt !== BAD || prefix.length < 2) return candidates.map(() => 0);
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve(reasons))).then(() => {
          reasons.push(signal.reason);
          return [];
        });
      },
    });
    const { halfspace } = await setUp([patient, faulty(() => [])], { endLogit: -50 });
    const attributes = { patient: 1, scored: 1 };
    const [{ error }] = await halfspace.generate({ prompt: BAD, weights: attributes });
    expect(error?.message).toMatch(/"scored"/);
    await sleep(0);
    expect(reasons).toEqual([error]);
  });

  it('listens to the signal once, however many completions ask', async () => {
    const { signal } = new AbortController();
    let most = 0;
    const score = async ({ candidates }: ScoreStep) => {
      await sleep(1);
      most = Math.max(most, getEventListeners(signal, 'abort').length);
      return candidates.map(() => 0);
    };
    const { halfspace } = await setUp([scoring({ score })]);
    await halfspace.generate({
      prompt: 'abc',
      samples: 30,
      maxTokens: 2,
      weights: { scored: 1 },
      signal,
    });
    expect(most).toBe(1);
  });

  it('that hangs does not keep an abort waiting', async () => {
    const hanging = faulty(async () => new Promise(() => {}), { timeoutMs: 60_000 });
    const { halfspace, backend } = await setUp([kind, hanging], { endLogit: -50 });
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 20);
    const work = halfspace.generate({ ...OPTIONS, prompts: ['ab', BAD], signal: controller.signal });
    await expect(work).rejects.toMatchObject({ code: 'aborted' });
    expect(backend.open).toBe(0);
  });

  it('refuses to score a text with it', async () => {
    const { halfspace, backend } = await setUp([scoring({ score: () => raise(new Error('no')) })]);
    const work = halfspace.score({ response: 'abc', measure: ['scored'] });
    await expect(work).rejects.toMatchObject({ code: 'attribute-failed' });
    expect(backend.open).toBe(0);
  });
});

function raise(error: unknown): never {
  throw error;
}
