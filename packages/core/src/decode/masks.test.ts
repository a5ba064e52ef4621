import { describe, expect, it } from 'vitest';
import {
  defineAttribute,
  defineFilter,
  HalfspaceError,
  type MaskedText,
  type TokenMasks,
} from '@halfspace/contracts';
import { seal } from '@halfspace/contracts/internal';
import { createHalfspace } from '../plugins/container.js';
import type { DecodeOptions, GenerateOptions } from '../options/options.js';
import { wordFilter } from '../plugins/text-filters.js';
import { createToyBackend, TOY_VOCABULARY, type ToyOptions } from '../testing/toy-backend.js';

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

const counting = defineAttribute({
  name: 'counting',
  description: 'a test',
  score: async ({ candidates }) => candidates.map(({ text }) => text.split('c').length - 1),
});

const textOf = ({ begun, tokens }: MaskedText) =>
  begun + tokens.map((token) => TOY_VOCABULARY[token]).join('');

/** Documents: `a` or `b`, as many times as one likes but at least twice, then `c`. */
const DOCUMENT = /^[ab]{2,}c$/;

function nextOf(text: string): string[] {
  if (text.endsWith('c')) return ['<end>'];
  return text.length < 2 ? ['a', 'b'] : ['a', 'b', 'c'];
}

function maskOf(texts: readonly string[]): Uint32Array {
  return Uint32Array.of(texts.reduce((bits, text) => bits | (1 << TOY_VOCABULARY.indexOf(text)), 0));
}

/** The documents as a filter, which counts. */
function documents(changes: Partial<TokenMasks> = {}) {
  const counts = { opened: 0, asked: 0, released: 0 };
  const filter = defineFilter({
    name: 'documents',
    openMasks() {
      counts.opened++;
      return {
        after(text) {
          counts.asked++;
          return maskOf(nextOf(textOf(text)));
        },
        isComplete: (text) => DOCUMENT.test(text),
        release: () => void counts.released++,
        ...changes,
      };
    },
  });
  return { filter, counts };
}

async function setUp(toy: ToyOptions = {}) {
  const backend = createToyBackend(toy);
  return { backend, halfspace: await createHalfspace({ backend, attributes: [kind, counting] }) };
}

/** Every way to steer. */
const MODES: readonly DecodeOptions<'kind' | 'counting'>[] = [
  {},
  { weights: { kind: 2 } },
  { weights: { kind: 2, counting: 1 } },
  { weights: { kind: '-2*progress' }, temperature: 0 },
  { weights: { kind: 2 }, bonus: 'softmax' },
  { formula: 'abs(kind)' },
  { weights: { kind: 9 }, control: { mode: 'kl-budget', nats: 0.3 } },
  { control: { mode: 'constraints', constraints: [{ kind: 'at-least', attribute: 'kind', margin: 1 }] } },
  { weights: { kind: 1 }, redraw: { ifMeanBelow: { kind: 0.5 }, maxAttempts: 4 } },
  { topK: 0, repetitionPenalty: 1.3 },
  { topK: 2, topP: 0.5, weights: { kind: 2 }, trace: true },
  { filters: [wordFilter(['aba'])] },
];

describe('masks', () => {
  it.each(MODES)('are kept by every completion: %j', async (mode) => {
    const { filter, counts } = documents();
    const { halfspace, backend } = await setUp({ endLogit: 2 });
    const filters = [filter, ...(mode.filters ?? [])];
    const request = { prompt: 'abc', samples: 6, maxTokens: 9, seed: 3, ...mode, filters };
    const completions = await halfspace.generate(request as GenerateOptions<'kind'>);
    for (const { text, error, finishReason, isComplete, tokens } of completions) {
      expect(error).toBeUndefined();
      expect(text).toMatch(/^[ab]*c?$/);
      expect(isComplete).toBe(DOCUMENT.test(text));
      // Only a whole document ends by an end token.
      expect(finishReason === 'end').toBe(tokens[tokens.length - 1] === END);
      if (finishReason === 'end') expect(isComplete).toBe(true);
    }
    expect(counts).toMatchObject({ opened: 1, released: 1 });
    expect(backend.open).toBe(0);
  });

  it('are asked once a token, and the model no more often than without', async () => {
    const { filter, counts } = documents();
    const { halfspace, backend } = await setUp();
    const [{ tokens }] = await halfspace.generate({ prompt: 'a', maxTokens: 12, filters: [filter] });
    expect(counts.asked).toBe(tokens.length);
    expect(backend.calls.next).toBe(tokens.length);
  });

  it('depend on nothing but the text: each of many has the text that it has alone', async () => {
    const options = { maxTokens: 10, weights: { kind: 2 }, seed: 5 };
    const prompts = ['a', 'b', 'cc', 'd'];
    const { halfspace } = await setUp();
    const many = await halfspace.generate({ prompts, samples: 3, ...options, filters: [documents().filter] });
    for (const prompt of prompts) {
      const alone = await halfspace.generate({
        prompt,
        samples: 3,
        ...options,
        filters: [documents().filter],
      });
      const same = many.filter((each) => each.prompt === prompt);
      expect(same.map(({ text }) => text)).toEqual(alone.map(({ text }) => text));
    }
  });

  it('all hold where there are several', async () => {
    const { halfspace } = await setUp();
    const onlyB = documents({ after: (text) => maskOf(nextOf(textOf(text)).filter((each) => each !== 'a')) });
    const filters = [documents().filter, onlyB.filter];
    const { text } = await halfspace.complete({ prompt: 'a', maxTokens: 20, filters });
    expect(text).toMatch(/^b+c?$/);
  });

  it('tell a beginning from a whole document, also at the last token and at a stop text', async () => {
    const { halfspace } = await setUp();
    const wholes = await halfspace.generate({
      prompt: 'a',
      samples: 40,
      maxTokens: 3,
      topK: 0,
      topP: 1,
      filters: [documents().filter],
    });
    expect(new Set(wholes.map(({ finishReason }) => finishReason))).toEqual(new Set(['length']));
    for (const { text, isComplete } of wholes) expect(isComplete).toBe(text.endsWith('c'));
    expect(new Set(wholes.map(({ isComplete }) => isComplete)).size).toBe(2);
    const stopped = await halfspace.complete({
      prompt: 'a',
      stop: ['c'],
      maxTokens: 40,
      filters: [documents().filter],
    });
    expect(stopped).toMatchObject({ finishReason: 'stop', isComplete: false });
    expect(await halfspace.complete({ prompt: 'a' })).not.toHaveProperty('isComplete');
  });

  it('see a begun turn as the beginning of the document', async () => {
    const { halfspace } = await setUp();
    const { text, isComplete } = await halfspace.complete({
      messages: [
        { role: 'user', content: 'ab' },
        { role: 'assistant', content: 'abc' },
      ],
      filters: [documents().filter],
    });
    expect({ text, isComplete }).toEqual({ text: '', isComplete: true });
  });

  it.each<[string, Partial<TokenMasks>, RegExp]>([
    [
      'throw',
      {
        after: () => {
          throw new Error('no idea');
        },
      },
      /filter "documents" failed at step 0 .*no idea/,
    ],
    ['answer with a list', { after: () => [1] as unknown as Uint32Array }, /and not a mask/],
    ['answer with too little', { after: () => new Uint32Array() }, /0 words, and the vocabulary has 1/],
  ])('that %s end their own completion', async (_, changes, message) => {
    const { filter, counts } = documents(changes);
    const { halfspace, backend } = await setUp();
    const both = await Promise.all([
      halfspace.generate({ prompt: 'a', samples: 2, filters: [filter] }),
      halfspace.generate({ prompt: 'a', samples: 2 }),
    ]);
    for (const { error, finishReason, isComplete } of both[0]) {
      expect(finishReason).toBe('error');
      expect(error).toMatchObject({ code: 'filter-failed' });
      expect(error?.message).toMatch(message);
      expect(isComplete).toBe(false);
    }
    for (const { error } of both[1]) expect(error).toBeUndefined();
    expect(counts.released).toBe(1);
    expect(backend.open).toBe(0);
  });

  it('that let nothing through end their completion, which says so', async () => {
    const { halfspace } = await setUp();
    const { filter } = documents({ after: () => new Uint32Array(1) });
    const [{ error }] = await halfspace.generate({ prompt: 'a', filters: [filter] });
    expect(error).toMatchObject({ code: 'no-candidate-left' });
    expect(error?.message).toContain('"documents"');
  });

  it('that cannot be opened end the call before the model is used, and what was opened is released', async () => {
    const { halfspace, backend } = await setUp();
    const { filter, counts } = documents();
    const refused = defineFilter({
      name: 'refused',
      openMasks() {
        throw new HalfspaceError('bad-filter', 'It is too large.');
      },
    });
    const failing = defineFilter({ name: 'odd', openMasks: async () => ({}) as TokenMasks });
    await expect(halfspace.generate({ prompt: 'a', filters: [filter, refused] })).rejects.toThrow(
      'It is too large.',
    );
    await expect(halfspace.generate({ prompt: 'a', filters: [filter, failing] })).rejects.toThrow(
      expect.objectContaining({
        code: 'plugin-failed',
        message: expect.stringContaining('without a function after'),
      }),
    );
    expect(counts).toEqual({ opened: 2, asked: 0, released: 2 });
    expect(backend.calls.prefill).toBe(0);
  });

  it('are released when a stream is left', async () => {
    const { filter, counts } = documents();
    const { halfspace } = await setUp();
    for await (const { type } of halfspace.stream({ prompt: 'a', filters: [filter] }))
      if (type === 'text') break;
    expect(counts.released).toBe(1);
  });
});

describe('versions of filters', () => {
  const allows = ({ candidates }: { candidates: readonly { text: string }[] }) =>
    candidates.map(({ text }) => text !== 'a');

  it('1 judges texts as before', async () => {
    const { halfspace } = await setUp();
    const old = seal('filter', { specificationVersion: 1 as const, name: 'old', allows });
    const now = defineFilter({ name: 'now', allows });
    const texts = async (filter: typeof old | typeof now) =>
      (await halfspace.complete({ prompt: 'a', filters: [filter] })).text;
    expect(await texts(old)).toBe(await texts(now));
    expect(await texts(old)).not.toContain('a');
  });

  it('3 and later ones are refused', async () => {
    const { halfspace } = await setUp();
    const later = seal('filter', { specificationVersion: 3, name: 'later', allows }) as never;
    await expect(halfspace.generate({ prompt: 'a', filters: [later] })).rejects.toThrow(
      /speaks versions 1 and 2/,
    );
  });

  it('have one of the two functions', () => {
    const openMasks = () => ({}) as TokenMasks;
    expect(() => defineFilter({ name: 'both', allows, openMasks } as never)).toThrow(
      /both allows and openMasks/,
    );
    expect(() => defineFilter({ name: 'none' } as never)).toThrow(
      /needs a function allows, or a function openMasks/,
    );
  });
});
