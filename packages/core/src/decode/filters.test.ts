import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { defineAttribute, defineFilter, type TextStep } from '@halfspace/contracts';
import type { Completion } from './completion.js';
import { createHalfspace } from '../plugins/container.js';
import type { DecodeOptions, GenerateOptions } from '../options/options.js';
import {
  createToyBackend,
  toyHidden,
  toyLogits,
  toyTokenizer,
  TOY_VOCABULARY,
  type ToyOptions,
} from '../testing/toy-backend.js';
import { patternFilter, wordFilter } from '../plugins/text-filters.js';
import { tokenFilter, type TokenMask } from '../plugins/token-filter.js';

const END = TOY_VOCABULARY.length - 1;

const kind = defineAttribute({
  name: 'kind',
  description: 'a test',
  subspaces: [
    {
      model: 'toy-fingerprint',
      layers: [1],
      direction: Float32Array.of(1, 0, 0, 0),
      offset: 0,
      calibration: { slope: 2, intercept: 0 },
    },
  ],
});

async function setUp(toy: ToyOptions = {}) {
  const backend = createToyBackend(toy);
  return { backend, halfspace: await createHalfspace({ backend, attributes: [kind] }) };
}

async function one(
  options: GenerateOptions<'kind'>,
  toy: ToyOptions = { endLogit: -50 },
): Promise<Completion> {
  const [completion] = await (await setUp(toy)).halfspace.generate(options);
  return completion;
}

const only = (allowed: (text: string) => boolean) =>
  defineFilter({
    name: 'only',
    allows: ({ prefix, candidates }) => candidates.map(({ text }) => allowed(prefix + text)),
  });

const refused = (filter: ReturnType<typeof wordFilter>, text: string): boolean => {
  const candidates = [{ token: 0, text, end: false }];
  return !filter.allows({ prompt: '', prefix: '', candidates })[0];
};

/** Whether a text has a word, by another way than a filter's: its words are cut out and compared. */
const has = (text: string, word: string) =>
  text
    .normalize('NFC')
    .toLowerCase()
    .split(/[^\p{L}\p{M}\p{N}_]+/u)
    .includes(word);

/** Every way to steer. */
const MODES: readonly DecodeOptions<'kind'>[] = [
  {},
  { weights: { kind: 2 } },
  { weights: { kind: '-2*progress' }, temperature: 0 },
  { weights: { kind: 2 }, bonus: 'softmax' },
  { formula: 'abs(kind)' },
  { weights: { kind: 9 }, control: { mode: 'kl-budget', nats: 0.3 } },
  {
    control: {
      mode: 'constraints',
      constraints: [{ kind: 'at-least', attribute: 'kind', margin: 1 }],
    },
  },
];

describe('filters', () => {
  const pieces = fc.array(
    fc.array(fc.constantFrom('a', 'b', 'A', 'é', ' ', '-'), { minLength: 1, maxLength: 4 }),
    { minLength: 3, maxLength: 20 },
  );
  const encode = (text: string) => new TextEncoder().encode(text);

  it('never let a word or a pattern through, however it is tokenised and however the completion ends', async () => {
    let refusals = 0;
    await fc.assert(
      fc.asyncProperty(
        pieces,
        fc.uniqueArray(fc.constantFrom('a', 'b', 'ab', 'aba', 'é', 'aé', 'bb'), {
          minLength: 1,
          maxLength: 3,
        }),
        fc.subarray(['ba', ' a', 'é', 'bb-'], { maxLength: 2 }),
        fc.record({ topK: fc.constantFrom(0, 1, 3), topP: fc.constantFrom(1, 0.7), seed: fc.nat() }),
        fc.constantFrom(...MODES),
        async (texts, words, stop, settings, mode) => {
          // Single bytes first, so that characters are cut, too.
          const vocabulary = [
            ...[...encode('abAé -')].map((byte) => Uint8Array.of(byte)),
            ...texts.map((text) => encode(text.join(''))),
            new Uint8Array(),
          ];
          const { halfspace, backend } = await setUp({ vocabulary, endLogit: 1 });
          const filters = [wordFilter(words.map((word) => word.toUpperCase())), patternFilter(/b.?b/)];
          const completions = await halfspace.generate({
            prompt: 'a',
            samples: 3,
            maxTokens: 8,
            ...settings,
            filters,
            stop,
            ...mode,
          });
          for (const { text, error } of completions) {
            expect(error).toBeUndefined();
            for (const word of words) expect(has(text, word)).toBe(false);
            const places = Array.from(text.matchAll(/b/g), ({ index }) => index);
            places.slice(1).forEach((place, i) => expect(place - places[i]).toBeGreaterThan(2));
          }
          const free = await halfspace.generate({ prompt: 'a', maxTokens: 8, ...settings, stop, ...mode });
          refusals += free.filter(({ text }) => words.some((word) => has(text, word))).length;
          expect(backend.open).toBe(0);
        },
      ),
      { numRuns: 150 },
    );
    expect(refusals).toBeGreaterThan(30);
  });

  it('re-weight what they leave, and KL is measured from that', async () => {
    const attributes = { kind: 1.5 };
    const completion = await one(
      {
        prompt: 'abc',
        topK: 0,
        topP: 1,
        maxTokens: 12,
        weights: attributes,
        cap: Infinity,
        filters: [patternFilter(/[ab]$/)],
        trace: true,
      },
      { endLogit: 0 },
    );
    let text = toyTokenizer.encode('abc');
    let kl = 0;
    let logprob = 0;
    const logSoftmax = (scores: readonly number[]) => {
      const total = scores.reduce((sum, score) => sum + Math.exp(score), 0);
      return scores.map((score) => score - Math.log(total));
    };
    completion.tokens.forEach((token, step) => {
      const logModel = logSoftmax(toyLogits(text, 0));
      const logP = logSoftmax(logModel.map((value, x) => (x < 2 ? -Infinity : value)));
      const margins = logP.map((_, x) => 2 * toyHidden(x === END ? text : [...text, x])[0]);
      const logQ = logSoftmax(logP.map((value, x) => value + 1.5 * margins[x]));
      const candidates = completion.trace?.[step].candidates ?? [];
      expect(candidates).toHaveLength(TOY_VOCABULARY.length - 2);
      for (const { token: x, reference, probability } of candidates) {
        expect(reference).toBeCloseTo(Math.exp(logP[x]), 8);
        expect(probability).toBeCloseTo(Math.exp(logQ[x]), 6);
      }
      kl += logQ.reduce((sum, q, x) => (x < 2 ? sum : sum + Math.exp(q) * (q - logP[x])), 0);
      logprob += logModel[token];
      text = [...text, token];
    });
    expect(completion.kl).toBeCloseTo(kl, 6);
    expect(completion.logprob).toBeCloseTo(logprob, 8);
  });

  it('leave the draws alone that they do not touch', async () => {
    const plain = await one({ prompt: 'abc', maxTokens: 8 });
    const missing = TOY_VOCABULARY.find((letter) => !plain.text.includes(letter)) ?? '';
    const filtered = await one({
      prompt: 'abc',
      maxTokens: 8,
      filters: [patternFilter(new RegExp(missing))],
    });
    expect(filtered.tokens).toEqual(plain.tokens);
  });

  it('add up', async () => {
    const filters = [patternFilter(/[a-c]/), wordFilter(['d']), only((text) => !text.endsWith('  '))];
    const { text } = await one({ prompt: 'abc', maxTokens: 30, filters });
    expect(text).toMatch(/^[defg ]+$/);
    expect(text).not.toMatch(/(^| )d( |$)| {2}/);
  });

  it.each([{}, { temperature: 0.001 }, { repetitionPenalty: 1.3 }, { weights: { kind: 3 } }, { topP: 0.01 }])(
    'look further down where nothing is left: %j',
    async (options) => {
      const { halfspace, backend } = await setUp({ endLogit: -50 });
      let least = toyTokenizer.encode('abc');
      const expected: number[] = [];
      for (let step = 0; step < 4; step++) {
        const logits = toyLogits(least, -50).slice(0, END);
        expected.push(logits.indexOf(Math.min(...logits)));
        least = [...least, expected[step]];
      }
      const text = toyTokenizer.decode(expected);
      const filters = [only((soFar) => text.startsWith(soFar))];
      const [found] = await halfspace.generate({
        prompt: 'abc',
        topK: 1,
        maxTokens: 4,
        filters,
        trace: true,
        ...options,
      });
      expect(found).toMatchObject({ text, tokens: expected, finishReason: 'length' });
      for (const { candidates } of found.trace ?? []) expect(candidates[0].reference).toBeCloseTo(1, 12);
      // One token, four, nine.
      expect(backend.calls.next).toBe(4 * 3);
    },
  );

  it('look at four times as many, and cut those by top-k and top-p as usual', async () => {
    const logits = toyLogits(toyTokenizer.encode('abc'), -50);
    const order = [...logits.keys()].sort((a, b) => logits[b] - logits[a]);
    const filters = [only((text) => text !== TOY_VOCABULARY[order[0]] && text !== TOY_VOCABULARY[order[1]])];
    const step = async (settings: Pick<DecodeOptions<'kind'>, 'topK' | 'topP'>) => {
      const { trace } = await one({ prompt: 'abc', maxTokens: 1, filters, trace: true, ...settings });
      return trace?.[0].candidates.map(({ token }) => token);
    };
    expect(await step({ topK: 2, topP: 1 })).toEqual(order.slice(2, 4));
    // The nucleus is the two best; of the eight best, six are allowed.
    const masses = order.map((token) => Math.exp(logits[token]));
    const share = (from: number, to: number, whole: number) =>
      masses.slice(from, to).reduce((sum, mass) => sum + mass, 0) /
      masses.slice(from, whole).reduce((sum, mass) => sum + mass, 0);
    const topP = (share(0, 1, 9) + share(0, 2, 9)) / 2;
    const size = [1, 2, 3, 4, 5, 6].find((count) => share(2, 2 + count, 8) >= topP) ?? 0;
    expect(size).toBeGreaterThan(1);
    expect(await step({ topK: 0, topP })).toEqual(order.slice(2, 2 + size));
  });

  it('end a completion that has no token left, and no other', async () => {
    const stuck = defineFilter({
      name: 'stuck',
      allows: ({ prompt, prefix, candidates }) => candidates.map(() => prompt !== 'bad' || prefix.length < 3),
    });
    const { halfspace, backend } = await setUp({ endLogit: -50 });
    const options = { samples: 2, maxTokens: 6, weights: { kind: 1 }, filters: [stuck] };
    const [first, , failed, , last] = await halfspace.generate({ ...options, prompts: ['ab', 'bad', 'cd'] });
    expect(failed).toMatchObject({
      finishReason: 'error',
      error: { code: 'no-candidate-left', message: expect.stringMatching(/^At step 3 .*"stuck"/) },
    });
    expect(failed.text).toHaveLength(3);
    const [a, , b] = await halfspace.generate({ ...options, prompts: ['ab', 'cd'] });
    expect([first.tokens, last.tokens]).toEqual([a.tokens, b.tokens]);
    expect(backend.open).toBe(0);
  });

  const faults: [string, RegExp, (step: TextStep) => unknown][] = [
    ['throws', /out of luck\./, () => raise()],
    ['is too short', /1 answers for \d+ candidates/, () => [true]],
    [
      'does not say',
      /answer for candidate 0 is undefined/,
      ({ candidates }) => [...Array(candidates.length)],
    ],
    ['says something else', /answer for candidate 0 is 1/, ({ candidates }) => candidates.map(() => 1)],
    ['promises', /not a list/, async ({ candidates }) => candidates.map(() => true)],
  ];
  it.each(faults)('that fail end their own completion: one that %s', async (_, message, fault) => {
    const faulty = defineFilter({
      name: 'faulty',
      allows: (step) =>
        step.prompt === 'bad' ? (fault(step) as boolean[]) : step.candidates.map(() => true),
    });
    const { halfspace, backend } = await setUp({ endLogit: -50 });
    const found = await halfspace.generate({ prompts: ['bad', 'ab'], maxTokens: 4, filters: [faulty] });
    expect(found[0]).toMatchObject({ finishReason: 'error', tokens: [], error: { code: 'filter-failed' } });
    expect(found[0].error?.message).toMatch(message);
    expect(found[1].tokens).toEqual((await one({ prompt: 'ab', maxTokens: 4 })).tokens);
    expect(backend.open).toBe(0);
  });

  it.each<[string, RegExp, unknown]>([
    ['bad-filter', /not made by defineFilter/, { ...wordFilter(['a']) }],
    ['bad-filter', /not made by defineFilter/, (text: string) => text !== ''],
    ['bad-filter', /not made by defineFilter/, kind],
    ['contract-mismatch', /filter "x" was made for version 7/, { specificationVersion: 7, name: 'x' }],
  ])('are refused with %s when they are none', async (code, message, filter) => {
    const options = { prompt: 'a', filters: [filter] } as GenerateOptions<'kind'>;
    await expect(one(options)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  it.each([
    { name: 'Not Kebab', allows: () => [] },
    { name: 'x', allows: undefined },
  ])('are refused when they are defined: %j', (definition) => {
    expect(() => defineFilter(definition as Parameters<typeof defineFilter>[0])).toThrow(
      expect.objectContaining({ code: 'bad-filter' }),
    );
  });
});

describe('wordFilter', () => {
  const filter = wordFilter(['ass', 'shut up', 'c++', 'Müll', 'a.b', 'дурак']);

  it.each(['ass', 'You ASS', 'ass.', 'an ass-hat', "ass's", 'shut  up', 'Shut\nup!', 'c++', '(C++)'])(
    'refuses %j',
    (text) => expect(refused(filter, text)).toBe(true),
  );
  it.each(['müll', 'Mu\u0308ll', 'MÜLL', 'a.b', 'ДУРАК', 'ass\uFFFD', 'ass😀'])('refuses %j', (text) =>
    expect(refused(filter, text)).toBe(true),
  );
  it.each(['class', 'assist', 'ass_1', 'ass1', 'shutup', 'shut', 'c+', 'xc++', 'aab', 'дураки', 'asś', ''])(
    'allows %j',
    (text) => expect(refused(filter, text)).toBe(false),
  );

  it.each([[[]], [['']], [['a', ' ']]])('refuses the words %j', (words) => {
    expect(() => wordFilter(words)).toThrow(expect.objectContaining({ code: 'bad-filter' }));
  });
});

describe('patternFilter', () => {
  it('keeps no position between texts', () => {
    const filter = patternFilter(/a+b/giy);
    expect(['aab', 'aab', 'xAB'].map((text) => refused(filter, text))).toEqual([true, true, true]);
    expect(refused(filter, 'aa')).toBe(false);
  });

  it('stops a pattern that can be matched in too many ways, and does not try it again', () => {
    const filter = patternFilter(/(.*)*x/u);
    const faultOf = (text: string): unknown => {
      try {
        return refused(filter, text);
      } catch (error) {
        return error;
      }
    };
    const fault = faultOf('a'.repeat(60));
    expect(fault).toMatchObject({ code: 'pattern-too-slow' });
    // The very same one, and not one of another try; not even where the pattern would be quick.
    expect(faultOf('a'.repeat(60))).toBe(fault);
    expect(faultOf('')).toBe(fault);
  }, 60_000);

  it('judges many candidates each by its own text', () => {
    const candidates = Array.from({ length: 1000 }, (_, token) => ({ token, text: String(token) }));
    const answers = patternFilter(/7+$/).allows({ prefix: 'a', candidates } as unknown as TextStep);
    expect(answers).toEqual(candidates.map(({ text }) => !text.endsWith('7')));
  });

  it('takes nothing but a regular expression', () => {
    expect(() => patternFilter('a' as unknown as RegExp)).toThrow(
      expect.objectContaining({ code: 'bad-filter' }),
    );
  });
});

function raise(): never {
  throw new Error('out of luck');
}

describe('tokenFilter', () => {
  const tokensOf = (text: string) => toyTokenizer.encode(text);
  const masks: readonly [TokenMask, readonly number[]][] = [
    [{ allow: tokensOf('ace') }, tokensOf('ace')],
    [{ allow: [...tokensOf('bd'), END, 999] }, [...tokensOf('bd'), END]],
    [{ forbid: [...tokensOf('abc '), 999] }, [...tokensOf('defg'), END]],
  ];
  const modes = masks.flatMap(([mask, left]) => MODES.map((mode) => [mask, mode, left] as const));

  it.each(modes)('leaves the tokens that %j does, re-normalised: %j', async (mask, mode, left) => {
    const completion = await one(
      {
        prompt: 'abc',
        topK: 0,
        topP: 1,
        maxTokens: 6,
        ...mode,
        filters: [tokenFilter(mask)],
        trace: true,
      },
      { endLogit: -1 },
    );
    const text = tokensOf('abc');
    for (const { candidates } of completion.trace ?? []) {
      const found = new Map(candidates.map(({ token, reference }) => [token, reference]));
      const masses = left.map((token) => Math.exp(toyLogits(text, -1)[token]));
      const mass = masses.reduce((sum, value) => sum + value, 0);
      expect(found.size).toBe(left.length);
      left.forEach((token, i) => expect(found.get(token)).toBeCloseTo(masses[i] / mass, 12));
      expect(candidates.reduce((sum, { probability }) => sum + probability, 0)).toBeCloseTo(1, 10);
      text.push(completion.tokens[text.length - 3]);
    }
    expect(completion.tokens.every((token) => left.includes(token))).toBe(true);
  });

  it('finds an allowed token however improbable it is, and says where there is none', async () => {
    const [rare] = tokensOf('g');
    const found = await one({
      prompt: 'abc',
      topK: 1,
      maxTokens: 4,
      filters: [tokenFilter({ allow: [rare] })],
    });
    expect(found.text).toBe('gggg');
    const none = await one({
      prompt: 'abc',
      filters: [tokenFilter({ allow: [rare] }), tokenFilter({ forbid: [rare] })],
    });
    expect(none).toMatchObject({ finishReason: 'error', error: { code: 'no-candidate-left' }, tokens: [] });
  });

  it.each<unknown>([{}, { allow: [] }, { forbid: 3 }, { allow: [1], forbid: [2] }, { deny: [1] }])(
    'refuses %j',
    (mask) => {
      expect(() => tokenFilter(mask as TokenMask)).toThrow(/needs a list of ids/);
    },
  );

  it.each([[-1], [1.5], ['3'], [NaN]])('refuses the id %j', (id) => {
    expect(() => tokenFilter({ allow: [0, id as number] })).toThrow(/is no token id/);
  });
});
